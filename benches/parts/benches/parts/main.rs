//! The parts of a run one by one, each through its room's door, over an invented county: `cargo bench -p bidui-parts`.
//!
//! Every figure is a rate, so that it stands beside what was found when libraries were chosen (docs/performance.md). `PARTS_PERSONS` sets
//! the county's size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that fails should say where")]

mod county;
mod lists;

use bidui_ingest::{ReadOptions, read_file};
use bidui_match::{Registry, compute_facts, evaluate_rules};
use bidui_model::{CellKind, IdNumber, RawCell};
use bidui_normalize::{HashAlgorithm, MasterKey, SealKeys, canonical_id};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

use county::County;

/// Enough for a cache to be too small, and for a sample to last no longer than a second.
fn persons() -> u64 {
    std::env::var("PARTS_PERSONS").ok().and_then(|persons| persons.parse().ok()).unwrap_or(100_000)
}

/// Sound numbers, one a second of arc of nobody's life: invented here, of no area that exists.
fn numbers(count: u32) -> Vec<String> {
    (0..count)
        .map(|at| {
            let digits = format!("999999{:04}{:02}{:02}{:03}", 1930 + at % 90, 1 + at % 12, 1 + at % 28, at / 7 % 1000);
            let check = bidui_model::check_character(digits.as_bytes()).unwrap();
            format!("{digits}{}", char::from(check))
        })
        .collect()
}

fn key(algorithm: HashAlgorithm) -> SealKeys {
    let master = MasterKey::parse(&format!("bidui-key-v1 {}", "5a".repeat(32))).unwrap();
    SealKeys::derive(&master, algorithm)
}

fn numbers_and_keys(criterion: &mut Criterion) {
    let texts = numbers(100_000);
    let mut group = criterion.benchmark_group("sealing");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("canonicalise", |bencher| {
        bencher.iter(|| {
            let cells = texts.iter().map(|text| RawCell { kind: CellKind::Text, text });
            cells.filter(|cell| canonical_id(*cell).id.is_some()).count()
        });
    });
    let ids: Vec<Option<IdNumber>> = texts.iter().map(|text| IdNumber::from_canonical(text.as_bytes())).collect();
    for algorithm in HashAlgorithm::ALL {
        let keys = key(*algorithm);
        group.bench_function(algorithm.name(), |bencher| bencher.iter(|| keys.id_tokens(&ids)));
    }
    group.finish();
}

fn reading(criterion: &mut Criterion, county: &County) {
    let mut group = criterion.benchmark_group("reading");
    group.sample_size(10);
    for (name, path) in [("csv", county.insured_csv()), ("workbook", county.insured_workbook())] {
        let contract = &county.contracts[county.insured];
        let read = || {
            let mut rows = 0;
            let options = ReadOptions::default();
            read_file(&path, name, contract, &options, &mut |chunk| rows += chunk.rows.len() as u64).unwrap();
            rows
        };
        group.throughput(Throughput::Elements(read()));
        group.bench_function(name, |bencher| bencher.iter(read));
    }
    group.throughput(Throughput::Elements(county.chunk_rows()));
    group.bench_function("seal", |bencher| bencher.iter_with_setup(|| county.chunks(), |chunks| county.seal(chunks)));
    group.finish();
}

fn judging(criterion: &mut Criterion, county: &County) {
    let mut group = criterion.benchmark_group("judging");
    group.sample_size(10);
    group.throughput(Throughput::Elements(county.registry.persons() as u64));
    group.bench_function("registry", |bencher| {
        bencher.iter(|| Registry::load(county.file(0), &county.contracts[0]).unwrap().persons());
    });
    group.throughput(Throughput::Elements(county.rows_of(county.insured)));
    group.bench_function("link", |bencher| bencher.iter(|| county.link(county.insured)));
    group.throughput(Throughput::Elements(county.rows_of_facts()));
    group.bench_function("facts", |bencher| bencher.iter(|| compute_facts(&county.fact_inputs()).unwrap().len()));
    group.throughput(Throughput::Elements(county.registry.persons() as u64));
    group.bench_function("rules", |bencher| bencher.iter(|| evaluate_rules(&county.rule_inputs()).unwrap().len()));
    group.finish();
}

fn writing(criterion: &mut Criterion) {
    let rows = 20_000;
    let (plans, relations, context) = (lists::plans(), lists::relations(rows), lists::context());
    let mut group = criterion.benchmark_group("writing");
    group.sample_size(10);
    group.throughput(Throughput::Elements(rows as u64));
    group.bench_function("lists", |bencher| {
        bencher.iter(|| {
            let folder = tempfile::tempdir().unwrap();
            bidui_emit::render_lists(&plans, &relations, &context, folder.path()).unwrap().len()
        });
    });
    group.finish();
}

fn parts(criterion: &mut Criterion) {
    numbers_and_keys(criterion);
    let county = County::invent(persons());
    reading(criterion, &county);
    judging(criterion, &county);
    writing(criterion);
}

criterion_group!(benches, parts);
criterion_main!(benches);
