//! Which cards a process may take, as schedulers say it: `CUDA_VISIBLE_DEVICES` for NVIDIA's cards, `ROCR_VISIBLE_DEVICES` for AMD's.
//!
//! Vulkan knows neither. Both number the cards of their maker from 0, in the order of PCI addresses (which is how Slurm and
//! nvidia-smi number them, too); so the numbers can be heeded where every card tells its address. Names such as "GPU-8932f937..." cannot be
//! told from here, nor numbers beyond the cards that are there, which come from another count: both leave all cards.

use super::AdapterInfo;
use std::env;

/// Makers by their number, each with the variable that its programs heed.
const MAKERS: [(u32, &str); 2] = [
    (0x10de, "CUDA_VISIBLE_DEVICES"),
    (0x1002, "ROCR_VISIBLE_DEVICES"),
];

/// Whether each adapter may be taken.
pub(super) fn of(adapters: &[AdapterInfo]) -> Vec<bool> {
    let mut visible = vec![true; adapters.len()];
    for (maker, variable) in MAKERS {
        if let Ok(text) = env::var(variable) {
            mask(adapters, (maker, &text), &mut visible);
        }
    }
    visible
}

/// A line for each variable that is set while its maker has cards here.
pub(super) fn told(adapters: &[AdapterInfo]) -> Vec<String> {
    let line = |(maker, variable): (u32, &str)| {
        let text = env::var(variable).ok()?;
        let count = adapters.iter().filter(|own| own.vendor == maker).count();
        let mut visible = vec![true; adapters.len()];
        let applied = mask(adapters, (maker, &text), &mut visible);
        let left = visible.iter().filter(|visible| !**visible).count();
        (count > 0).then(|| match applied {
            true => format!("{variable}={text} leaves out {left} of {count} cards."),
            false => format!(
                "{variable}={text} cannot be told from here and leaves out none of {count} cards; choose with --device."
            ),
        })
    };
    MAKERS.into_iter().filter_map(line).collect()
}

/// Leaves out the cards of a maker that a variable does not name; returns whether it could be heeded.
fn mask(adapters: &[AdapterInfo], (maker, text): (u32, &str), visible: &mut [bool]) -> bool {
    let own = (0..adapters.len()).filter(|&place| adapters[place].vendor == maker);
    let mut own: Vec<usize> = own.collect();
    if own.len() > 1 && own.iter().any(|&place| adapters[place].address.is_empty()) {
        return false;
    }
    own.sort_by_key(|&place| adapters[place].address.to_lowercase());
    let Some(wanted) = numbers(text) else {
        return false;
    };
    if wanted.iter().any(|&number| number >= own.len()) {
        return false;
    }
    for (number, place) in own.into_iter().enumerate() {
        visible[place] &= wanted.contains(&number);
    }
    true
}

/// "0,2"; none where it is something else. As CUDA has it, nothing and what is below 0 is no card.
fn numbers(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    if text.is_empty() || text == "-1" || text == "NoDevFiles" {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|part| part.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::{AdapterKind, adapter::tests::info};

    fn card(vendor: u32, address: &str) -> AdapterInfo {
        AdapterInfo {
            vendor,
            address: address.to_owned(),
            ..info("a card", AdapterKind::Discrete)
        }
    }

    fn left(adapters: &[AdapterInfo], text: &str) -> (bool, Vec<usize>) {
        let mut visible = vec![true; adapters.len()];
        let applied = mask(adapters, (0x10de, text), &mut visible);
        let left = (0..visible.len()).filter(|&place| visible[place]);
        (applied, left.collect())
    }

    #[test]
    fn numbers_go_by_pci_address_and_leave_other_makers_alone() {
        let adapters = [
            card(0x10de, "0000:C1:00.0"),
            card(0x10de, "0000:18:00.0"),
            card(0x1002, "0000:03:00.0"),
            card(0x10de, "0000:5e:00.0"),
        ];
        assert_eq!(left(&adapters, "0"), (true, vec![1, 2]));
        assert_eq!(left(&adapters, "1"), (true, vec![2, 3]));
        assert_eq!(left(&adapters, "0, 2"), (true, vec![0, 1, 2]));
        for nothing in ["", "-1", "NoDevFiles"] {
            assert_eq!(left(&adapters, nothing), (true, vec![2]), "{nothing}");
        }
        for untold in ["GPU-8932f937", "3", "MIG-1/2/3"] {
            assert_eq!(
                left(&adapters, untold),
                (false, vec![0, 1, 2, 3]),
                "{untold}"
            );
        }
    }

    #[test]
    fn one_card_needs_no_address_and_several_do() {
        assert_eq!(left(&[card(0x10de, "")], "0"), (true, vec![0]));
        let two = [card(0x10de, ""), card(0x10de, "")];
        assert_eq!(left(&two, "1"), (false, vec![0, 1]));
    }
}
