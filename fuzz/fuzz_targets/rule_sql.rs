#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bidui_fuzz::leave_caught_panics(), |text: &str| bidui_fuzz::rules::expression(text));
