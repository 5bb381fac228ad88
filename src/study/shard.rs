//! A part of a study, for one of several processes or machines.

use super::StudyError;
use std::{fmt, str::FromStr};

/// The K-th of N parts: every N-th case, so that long cases spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    place: usize,
    of: usize,
}

impl Shard {
    /// All cases.
    pub const ALL: Self = Self { place: 1, of: 1 };

    /// Whether the case of this turn, counted from 0, belongs to it.
    pub fn holds(self, turn: usize) -> bool {
        turn % self.of == self.place - 1
    }
}

impl FromStr for Shard {
    type Err = StudyError;

    fn from_str(text: &str) -> Result<Self, StudyError> {
        let wrong = || StudyError::Shard {
            text: text.to_owned(),
        };
        let (place, of) = text.split_once('/').ok_or_else(wrong)?;
        let number = |part: &str| part.trim().parse::<usize>().ok();
        match (number(place), number(of)) {
            (Some(place), Some(of)) if (1..=of).contains(&place) => Ok(Self { place, of }),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_cases_without_overlap() {
        for of in [1, 2, 3, 16] {
            let shards: Vec<Shard> = (1..=of)
                .map(|place| format!("{place}/{of}").parse().unwrap())
                .collect();
            for turn in 0..50 {
                let holders = shards.iter().filter(|shard| shard.holds(turn)).count();
                assert_eq!(holders, 1, "case {turn} of {of} shards");
            }
        }
    }

    #[test]
    fn a_shard_out_of_range_is_refused() {
        for text in ["0/4", "5/4", "1/0", "3", "a/b", "-1/4", ""] {
            let said = text.parse::<Shard>().unwrap_err().to_string();
            assert!(said.contains("K from 1 to N"), "{text}: {said}");
        }
    }
}
