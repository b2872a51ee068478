#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bidui_fuzz::leave_caught_panics(), |data: &[u8]| {
    bidui_fuzz::reading::any_file(&bidui_fuzz::reading::compound_of_stream(data), &bidui_fuzz::scratch());
});
