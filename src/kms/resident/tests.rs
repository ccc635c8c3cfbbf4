//! Rows about keys in devices, altered in every place: they are read as something, which is written so that it is read the
//! same, or refused.
//!
//! Nobody reaches these readers without the store's MAC; who holds the root may still have been wrong.

use alloc::{string::String, vec::Vec};

use super::*;

fn device() -> Identity {
    let [manufacturer, model, serial, label] = ["Acme", "HSM", "0001", "kms"].map(String::from);
    Identity { manufacturer, model, serial, label, profile: String::new() }
}

fn residence() -> Residence {
    let reference = alloc::vec![3; 40];
    Residence { device: device(), id: ResidentId([5; 16]), reference, maker: StoreId::from_bytes([9; 16]) }
}

fn journal() -> Journal {
    Journal {
        step: Step::Making,
        device: device(),
        spec: Spec::Sm2Sign,
        since: Time(7),
        key: KeyId::from_bytes([8; 16]),
        name: KeyName::parse("orders").unwrap(),
        number: Number::FIRST,
        maker: StoreId::from_bytes([9; 16]),
    }
}

/// Every edit of one byte, and every cut.
fn altered(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        let with = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut edited = bytes.to_vec();
            change(&mut edited);
            edited
        };
        let flips = (0..8).map(|bit| with(&|edited| edited[at] ^= 1 << bit)).collect::<Vec<_>>();
        let more = [0, 1, 0x7f, 0xff].map(|byte| with(&|edited| edited.insert(at, byte)));
        let less = [with(&|edited| _ = edited.remove(at)), with(&|edited| edited.truncate(at))];
        flips.into_iter().chain(more).chain(less)
    })
}

/// How many of the altered ones are read.
fn read(bytes: &[u8], again: impl Fn(&[u8]) -> Result<Vec<u8>>) -> usize {
    assert_eq!(again(bytes).unwrap(), bytes);
    let mut read = 0;
    for edited in altered(bytes) {
        if let Ok(written) = again(&edited) {
            assert_eq!(again(&written).unwrap(), written, "{edited:02x?}");
            read += 1;
        }
    }
    read
}

#[test]
fn an_altered_row_of_a_key_in_a_device_is_read_as_it_is_written_or_refused() {
    let found = read(&residence().encode(), |bytes| Ok(Residence::decode(bytes)?.encode()));
    assert!(found > 100, "texts and ids may be others: {found}");
    let found = read(&journal().encode(), |bytes| Ok(Journal::decode(bytes)?.encode()));
    assert!(found > 100, "likewise: {found}");
}
