#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| bidui_fuzz::values::id_number(text));
