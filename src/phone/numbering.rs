//! The rules of numbering plans that need no libphonenumber metadata.
//!
//! These rules cover country calling codes, leading zeros, and the numbers with `+1` and `+7`.

use super::ParsePhoneNumberError as Problem;

/// The minimum number of digits after the country calling code. Niue has the shortest numbers.
pub(super) const MIN_NATIONAL_DIGITS: usize = 4;

/// The national numbers that may start with 0.
///
/// Each entry has the country calling code, the first digits, and the minimum and maximum number of digits.
///
/// In any other national number, a leading zero is a trunk prefix, which callers from abroad omit.
///
/// The source is libphonenumber's metadata without national toll-free numbers, which callers from abroad cannot reach.
/// Code 379 is assigned to the Vatican, but the Vatican uses Italian numbers today.
const LEADING_ZEROS: [(u32, &str, usize, usize); 16] = [
    (39, "0", 6, 12),      // Italy, Vatican: fixed lines
    (47, "0", 5, 5),       // Norway: companies
    (225, "0", 10, 10),    // Ivory Coast: mobile
    (226, "0", 8, 8),      // Burkina Faso: mobile
    (227, "0", 8, 8),      // Niger: services
    (229, "01", 10, 10),   // Benin
    (241, "0", 8, 8),      // Gabon
    (242, "0", 9, 9),      // Congo: mobile
    (247, "0", 6, 6),      // Ascension
    (250, "06", 8, 8),     // Rwanda: fixed lines
    (378, "0549", 10, 10), // San Marino: fixed lines
    (379, "0", 6, 12),     // Vatican, not in use
    (800, "00", 8, 8),     // international freephone
    (881, "0", 9, 9),      // satellite
    (888, "0", 11, 11),    // international networks
    (992, "0", 9, 9),      // Tajikistan: mobile
];

/// Checks an E.164 number without `+` against the rules that need no metadata.
pub(super) fn check(digits: &str) -> Result<(), Problem> {
    let (code, national) = split(digits).ok_or(Problem::UnknownCountryCode)?;
    if national.starts_with('0') {
        check_leading_zero(code, national)?;
    }
    match code {
        1 => check_north_american(national),
        // Russia and Kazakhstan.
        7 if national.len() != 10 => Err(Problem::WrongLength),
        _ if national.len() < MIN_NATIONAL_DIGITS => Err(Problem::TooShort),
        _ => Ok(()),
    }
}

/// Splits `digits` after the country calling code.
///
/// No code is a prefix of another code, so at most one split is possible.
fn split(digits: &str) -> Option<(u32, &str)> {
    (1..=3).find_map(|len| {
        let (code, national) = digits.split_at_checked(len)?;
        Some((code.parse().ok().filter(|code| is_assigned(*code))?, national))
    })
}

/// Returns whether ITU-T E.164 lists a country calling code as assigned.
fn is_assigned(code: u32) -> bool {
    matches!(
        code,
        1 | 7 | 20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81..=82 | 84 | 86 | 90..=95 | 98
            | 211..=213 | 216 | 218 | 220..=258 | 260..=269 | 290..=291 | 297..=299 | 350..=359 | 370..=383
            | 385..=387 | 389 | 420..=421 | 423 | 500..=509 | 590..=599 | 670 | 672..=683 | 685..=692 | 800 | 808
            | 850 | 852..=853 | 855..=856 | 870 | 878 | 880..=883 | 886 | 888 | 960..=968 | 970..=977 | 979
            | 992..=996 | 998
    )
}

fn check_leading_zero(code: u32, national: &str) -> Result<(), Problem> {
    match LEADING_ZEROS.iter().find(|(listed, first, ..)| *listed == code && national.starts_with(first)) {
        None => Err(Problem::TrunkPrefix),
        Some((.., min, max)) if (*min..=*max).contains(&national.len()) => Ok(()),
        Some(_) => Err(Problem::WrongLength),
    }
}

/// Checks a national number of the country code 1.
///
/// Such a number has ten digits. The area code (three digits) and the exchange (the next three) start with 2 to 9.
fn check_north_american(national: &str) -> Result<(), Problem> {
    if national.len() != 10 {
        return Err(Problem::WrongLength);
    }
    let first_digits = [national.get(0..1), national.get(3..4)];
    if first_digits.iter().any(|first| matches!(first, Some("0" | "1"))) {
        Err(Problem::InvalidAreaCode)
    } else {
        Ok(())
    }
}
