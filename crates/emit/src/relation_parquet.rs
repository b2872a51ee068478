//! The Parquet file of a relation: a row group at a time, its columns encoded side by side.
//!
//! polars would look at every word of every row to learn which of them come again. Columns here are gathered from few words, and a word
//! that was gathered twice lies in one place: it is enough to compare places. What stands in the file depends on the words alone.

use polars::prelude::{
    ArrowDataType, Column, CompatLevel, DataFrame, PlHashMap, PolarsError, PolarsResult, Schema, SchemaExt,
};
use polars_arrow::array::{Array, DictionaryArray, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::IntegerType;
use polars_arrow::types::NativeType;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter, ParquetType,
    StatisticsOptions, Version, WriteOptions, ZstdLevel, array_to_columns, compress, fallible_streaming_iterator,
};
use rayon::prelude::*;
use std::fs::File;
use std::hash::Hash;
use std::io::BufWriter;

const WRITE_BYTES: usize = 256 << 10;
/// Rows after which a column that has hardly repeated itself is taken to be one that does not.
const SAMPLE: usize = 4_096;

pub(crate) struct ParquetFile {
    writer: FileWriter<BufWriter<File>>,
}

impl ParquetFile {
    pub(crate) fn new(file: File, schema: &Schema) -> PolarsResult<Self> {
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            compression: CompressionOptions::Zstd(Some(ZstdLevel::try_new(1)?)),
            version: Version::V1,
            data_page_size: None,
        };
        let file = BufWriter::with_capacity(WRITE_BYTES, file);
        let writer = FileWriter::try_new(file, schema.to_arrow(CompatLevel::newest()), options)?;
        Ok(Self { writer })
    }

    pub(crate) fn write_group(&mut self, group: &DataFrame) -> PolarsResult<()> {
        let (kinds, options) = (self.writer.parquet_schema().fields().to_vec(), self.writer.options());
        let columns: Vec<PolarsResult<Vec<CompressedPage>>> =
            group.columns().par_iter().zip(kinds).map(|(column, kind)| pages(column, kind, options)).collect();
        let columns: Vec<Vec<CompressedPage>> = columns.into_iter().collect::<PolarsResult<_>>()?;
        let columns = columns.iter().map(|pages| {
            Ok(DynStreamingIterator::new(fallible_streaming_iterator::convert(pages.iter().map(PolarsResult::Ok))))
        });
        self.writer.write(group.height() as u64, DynIter::new(columns))
    }

    pub(crate) fn finish(mut self) -> PolarsResult<()> {
        self.writer.end(None).map(|_| ())
    }
}

fn pages(column: &Column, kind: ParquetType, options: WriteOptions) -> PolarsResult<Vec<CompressedPage>> {
    let series = column.as_materialized_series().rechunk();
    let (array, encoding) = encoded(series.to_arrow(0, CompatLevel::newest()))?;
    let mut made = Vec::new();
    for pages in array_to_columns(array, kind, options, &[encoding])? {
        for page in pages {
            made.push(compress(page?, Vec::new(), options.compression).map_err(PolarsError::from)?);
        }
    }
    Ok(made)
}

/// The array as it takes least room: a dictionary where its values come again, differences where they only rise.
fn encoded(array: Box<dyn Array>) -> PolarsResult<(Box<dyn Array>, Encoding)> {
    let dictionary = match array.dtype() {
        ArrowDataType::Utf8View => words(array.as_ref())?,
        ArrowDataType::Int64 => numbers(array.as_ref(), |value: i64| value)?,
        ArrowDataType::Float64 => numbers(array.as_ref(), f64::to_bits)?,
        ArrowDataType::Date32 => numbers(array.as_ref(), |value: i32| value)?,
        _ => None,
    };
    if let Some(dictionary) = dictionary {
        return Ok((dictionary, Encoding::RleDictionary));
    }
    let rises = array
        .as_any()
        .downcast_ref::<PrimitiveArray<i64>>()
        .is_some_and(|numbers| numbers.null_count() == 0 && numbers.values().is_sorted());
    Ok((array, if rises { Encoding::DeltaBinaryPacked } else { Encoding::Plain }))
}

fn words(array: &dyn Array) -> PolarsResult<Option<Box<dyn Array>>> {
    let Some(array) = array.as_any().downcast_ref::<Utf8ViewArray>() else { return Ok(None) };
    let mut of_text: PlHashMap<&str, u32> = PlHashMap::default();
    let mut words = MutableBinaryViewArray::<str>::new();
    let views = array.views().iter().map(|view| view.as_u128());
    let codes = codes(views, array.validity(), |row, next| {
        let word = array.value(row);
        // A short word's view is the word itself; of a long one there may be several.
        let code = if array.views()[row].is_inline() { next } else { *of_text.entry(word).or_insert(next) };
        if code == next {
            words.push_value(word);
        }
        code
    });
    codes.map(|codes| dictionary(codes, array.validity().cloned(), words.freeze().boxed())).transpose()
}

fn numbers<T: NativeType, K: Hash + Eq + Copy>(
    array: &dyn Array,
    key: impl Fn(T) -> K,
) -> PolarsResult<Option<Box<dyn Array>>> {
    let Some(array) = array.as_any().downcast_ref::<PrimitiveArray<T>>() else { return Ok(None) };
    let mut distinct: Vec<T> = Vec::new();
    let codes = codes(array.values().iter().map(|value| key(*value)), array.validity(), |row, next| {
        distinct.push(array.values()[row]);
        next
    });
    let values = PrimitiveArray::new(array.dtype().clone(), distinct.into(), None);
    codes.map(|codes| dictionary(codes, array.validity().cloned(), values.boxed())).transpose()
}

/// A code for each key, counted from nought in the order in which they come; `None` where fewer than half come again. `code_of` is
/// asked for the code of a key that is new, by its row, with the code that is free. What lies under a null is not looked at.
fn codes<K: Hash + Eq + Copy>(
    keys: impl ExactSizeIterator<Item = K>,
    validity: Option<&Bitmap>,
    mut code_of: impl FnMut(usize, u32) -> u32,
) -> Option<Vec<u32>> {
    let rows = keys.len();
    let mut known: PlHashMap<K, u32> = PlHashMap::default();
    let mut last: Option<(K, u32)> = None;
    let mut codes = Vec::with_capacity(rows);
    let mut next = 0;
    for (row, key) in keys.enumerate() {
        let code = match last {
            _ if validity.is_some_and(|validity| !validity.get_bit(row)) => 0,
            Some((before, code)) if before == key => code,
            _ => {
                let code = *known.entry(key).or_insert_with(|| code_of(row, next));
                last = Some((key, code));
                next = next.max(code + 1);
                code
            }
        };
        codes.push(code);
        let distinct = next as usize;
        let hardly_repeats = row + 1 == SAMPLE && distinct * 4 > SAMPLE * 3;
        if hardly_repeats || (row >= SAMPLE && distinct * 2 > rows) {
            return None;
        }
    }
    (next > 0).then_some(codes)
}

fn dictionary(codes: Vec<u32>, validity: Option<Bitmap>, values: Box<dyn Array>) -> PolarsResult<Box<dyn Array>> {
    let kind = ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(values.dtype().clone()), false);
    let codes = PrimitiveArray::new(ArrowDataType::UInt32, codes.into(), validity);
    Ok(DictionaryArray::<u32>::try_new(kind, codes, values)?.boxed())
}
