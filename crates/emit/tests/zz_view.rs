mod sample;
#[test]
fn view() {
    let out = std::path::Path::new("/tmp/emit_view");
    let _ = std::fs::remove_dir_all(out);
    let mut relations = sample::relations();
    // many rows
    let w = relations["warnings"].clone();
    let mut many = w.clone();
    for _ in 0..4 {
        many = many.vstack(&w).unwrap();
    }
    relations.insert("warnings".into(), many);
    bidui_emit::render_lists(&sample::lists(), &relations, &sample::context(), out).unwrap();
}
