#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bidui_fuzz::leave_caught_panics(), |data: &[u8]| {
    bidui_fuzz::reading::any_file(data, &bidui_fuzz::scratch());
});
