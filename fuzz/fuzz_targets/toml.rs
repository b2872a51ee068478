#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bidui_fuzz::leave_caught_panics(), |text: &str| {
    bidui_fuzz::contracts::any_contract(text);
    bidui_fuzz::places::any_gazetteer(text);
    #[cfg(feature = "tables")]
    {
        bidui_fuzz::rules::any_toml(text);
        bidui_fuzz::lists::any_list(text);
    }
});
