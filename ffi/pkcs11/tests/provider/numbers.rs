//! Numbers of objects that become another object's within a login: what is computed under them is of the right key or of none.

use std::{fs, path::Path};

use cryptoki_sys as ck;
use miyao::{
    Kind,
    key::Spec,
    provider::pkcs11::{Settings, Token},
};

use crate::{
    desk::{Held, TEXT, kind},
    yard::{alone, answers, module},
};

#[test]
fn a_mac_is_under_the_key_that_was_asked_for_whatever_its_number_means_by_now() {
    alone("numbers::a_mac_is_under_the_key_that_was_asked_for_whatever_its_number_means_by_now", |yard| {
        let swapped = yard.path("swapped");
        let quoted = |path: &Path| format!("{:?}", path.display().to_string());
        let told = [("MODULE", quoted(&module())), ("SWAPPED", quoted(&swapped))];
        let library = yard.before("renumbering", include_str!("renumbering.c"), &told);
        let token = Token::open(&yard.uri_of(&library), &Settings::default().profile("miyao")).unwrap();
        let keys = [Held::make(&token, Spec::HmacSm3, 1), Held::make(&token, Spec::Sm4, 2)];
        let macs = || keys.each_ref().map(|key| key.mac(&token, &[TEXT]).unwrap());
        let right = macs();
        assert_ne!(right[0], right[1]);
        for _ in 0..2 {
            fs::write(&swapped, "").unwrap();
            assert_eq!(macs(), right, "their numbers are each other's");
            fs::remove_file(&swapped).unwrap();
            assert_eq!(macs(), right, "and their own again");
        }
        // What that costs.
        yard.calls();
        assert_eq!(macs(), right);
        let each = ["C_SignInit", "C_Sign", "C_GetAttributeValue"];
        assert_eq!(yard.calls(), [each, each].concat());
        // A token that does not say whose number it is gives no MAC.
        yard.ask(&answers("C_GetAttributeValue", None, ck::CKR_DEVICE_MEMORY));
        assert_eq!(kind(keys[0].mac(&token, &[TEXT])), Kind::Busy);
        yard.calm();
        assert_eq!(macs(), right);
    });
}
