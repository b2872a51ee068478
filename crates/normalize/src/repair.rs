//! What a broken ID number may have been: every number that passes all checks and is one digit, or one exchange of two neighbours, away.
//!
//! The check character (ISO 7064 MOD 11-2) shows every such slip and does not say where it is; of some two hundred numbers one slip
//! away one in eleven has the right check character, and real birth dates and areas that the county's people come from leave about three.

use bidui_model::{IdNumber, check_character};

/// Every number one slip away for which `is_likely` holds, sorted. `written` are the characters as they stand: 18 for a wrong digit or
/// an exchange, 17 for a missing one, 19 for one too many; of any other length nothing can be said.
#[must_use]
pub fn repairs(written: &[u8], is_likely: impl Fn(&IdNumber) -> bool) -> Vec<IdNumber> {
    let mut tries = Tries { found: Vec::new() };
    match written.len() {
        18 => wrong_digit(written, &mut tries),
        17 => missing_digit(written, &mut tries),
        19 => (0..19).for_each(|place| tries.add([&written[..place], &written[place + 1..]].concat())),
        _ => {}
    }
    let mut found = tries.found;
    found.sort_unstable();
    found.dedup();
    found.retain(is_likely);
    found
}

struct Tries {
    found: Vec<IdNumber>,
}

impl Tries {
    fn add(&mut self, number: impl AsRef<[u8]>) {
        self.found.extend(IdNumber::from_canonical(number.as_ref()));
    }
}

fn wrong_digit(written: &[u8], tries: &mut Tries) {
    let mut number = written.to_vec();
    for place in 0..17 {
        let own = number[place];
        for digit in (b'0'..=b'9').filter(|digit| *digit != own) {
            number[place] = digit;
            tries.add(&number);
        }
        number[place] = own;
        if number[place] != number[place + 1] {
            number.swap(place, place + 1);
            tries.add(&number);
            number.swap(place, place + 1);
        }
    }
    if let Some(check) = check_character(&number[..17]) {
        number[17] = check;
        tries.add(&number);
    }
}

fn missing_digit(written: &[u8], tries: &mut Tries) {
    if let Some(check) = check_character(written) {
        tries.add([written, &[check]].concat());
    }
    for place in 0..17 {
        for digit in b'0'..=b'9' {
            tries.add([&written[..place], &[digit], &written[place..]].concat());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const WHOLE: &[u8; 18] = b"440524188001010014";

    fn check(written: &[u8]) {
        let whole = IdNumber::from_canonical(WHOLE).unwrap();
        assert!(repairs(written, |_| true).contains(&whole), "{}", String::from_utf8_lossy(written));
    }

    #[test]
    fn every_single_slip_leads_back() {
        for place in 0..18 {
            for digit in (b'0'..=b'9').filter(|digit| *digit != WHOLE[place]) {
                let mut written = *WHOLE;
                written[place] = digit;
                check(&written);
            }
            if place < 17 && WHOLE[place] != WHOLE[place + 1] {
                let mut written = *WHOLE;
                written.swap(place, place + 1);
                check(&written);
            }
            check(&[&WHOLE[..place], &WHOLE[place + 1..]].concat());
            check(&[&WHOLE[..place], b"7", &WHOLE[place..]].concat());
        }
    }

    #[test]
    fn few_are_left_where_areas_are_known() {
        let is_near = |number: &IdNumber| number.area_code() == 440_524;
        let found = repairs(b"440524188001010024", is_near);
        assert!((1..=12).contains(&found.len()), "{}", found.len());
    }

    proptest! {
        #[test]
        fn nothing_is_made_of_nonsense(written in proptest::collection::vec(any::<u8>(), 0..30)) {
            let found = repairs(&written, |_| true);
            prop_assert!(found.len() < 200);
        }
    }
}
