//! Numbers that stay on the device: slots of one small buffer, given back when the last handle is dropped.

use std::{cell::RefCell, rc::Rc};

/// Slots of a device. An iteration holds five at a time.
const SLOTS: u32 = 256;
/// Written by numbers for which there is no slot; never read.
const SINK: u32 = SLOTS;

/// A number on the device, read by [`Machine::read`](crate::field::Machine::read).
#[derive(Debug, Clone)]
pub struct DeviceNumber(Rc<Slot>);

#[derive(Debug)]
struct Slot {
    index: u32,
    slots: Slots,
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.index != SINK {
            self.slots.0.borrow_mut().push(self.index);
        }
    }
}

impl DeviceNumber {
    pub(super) fn index(&self) -> u32 {
        self.0.index
    }
}

/// The free slots.
#[derive(Debug, Clone)]
pub(super) struct Slots(Rc<RefCell<Vec<u32>>>);

impl Slots {
    /// Length of the buffer of numbers.
    pub(super) const LEN: usize = SINK as usize + 1;

    pub(super) fn new() -> Self {
        Self(Rc::new(RefCell::new((0..SLOTS).rev().collect())))
    }

    /// A slot for a new number, and whether there was one.
    pub(super) fn take(&self) -> Result<DeviceNumber, DeviceNumber> {
        let number = |index| {
            DeviceNumber(Rc::new(Slot {
                index,
                slots: self.clone(),
            }))
        };
        let free = self.0.borrow_mut().pop();
        free.map(number).ok_or_else(|| number(SINK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_free_again_when_its_last_handle_is_dropped() {
        let slots = Slots::new();
        let mut held: Vec<_> = (0..SLOTS).map(|_| slots.take().unwrap()).collect();
        assert_eq!(slots.take().unwrap_err().index(), SINK);
        let (last, copy) = (held.pop().unwrap(), held[7].clone());
        let index = last.index();
        drop(last);
        drop(copy);
        assert_eq!(slots.take().unwrap().index(), index);
        assert!(
            slots.take().is_ok(),
            "given back again at the end of the line above"
        );
    }
}
