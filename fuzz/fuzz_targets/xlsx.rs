#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bidui_fuzz::leave_caught_panics(), |data: &[u8]| {
    bidui_fuzz::reading::any_file(&bidui_fuzz::reading::archive_of_parts(data), &bidui_fuzz::scratch());
});
