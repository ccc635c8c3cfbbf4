//! What a module does not know of a template is left away, once, and nothing is made twice.

use std::thread;

use cryptoki_sys as ck;
use miyao::{
    Kind,
    provider::{
        RootId, Roots,
        pkcs11::{Settings, Suite},
    },
};

use crate::{
    desk::{kind, root, seal, try_open},
    doubts::count,
    habits::PAUSE,
    yard::{alone, answers},
};

/// By which modules say that they do not know something.
const UNKNOWN: [ck::CK_RV; 3] =
    [ck::CKR_ATTRIBUTE_TYPE_INVALID, ck::CKR_ATTRIBUTE_VALUE_INVALID, ck::CKR_TEMPLATE_INCONSISTENT];

#[test]
fn a_length_that_is_no_question_is_not_asked_for() {
    alone("unknown::a_length_that_is_no_question_is_not_asked_for", |yard| {
        let token = yard.open(&Settings::default().suite(Suite::Sm2EcRaw)).unwrap();
        let root = root(&token, 1);
        let sealed = seal(&*root, 3);
        try_open(&*root, &sealed).unwrap();
        for rv in UNKNOWN {
            yard.ask(&answers("C_DeriveKey", Some(1), rv));
            yard.calls();
            try_open(&*root, &sealed).unwrap();
            assert_eq!(count(&yard.calls(), "C_DeriveKey"), 2);
            // Who refuses both has another reason.
            yard.ask(&answers("C_DeriveKey", None, rv));
            assert_ne!(kind(try_open(&*root, &sealed)), Kind::Rejected);
            yard.calm();
            thread::sleep(PAUSE);
        }
    });
}

#[test]
fn a_key_is_made_without_what_is_unknown_and_only_once() {
    alone("unknown::a_key_is_made_without_what_is_unknown_and_only_once", |yard| {
        let suites = [(Suite::Sm2EcRaw, "C_GenerateKeyPair"), (Suite::Sm4GcmDevice, "C_GenerateKey")];
        for (suite, call) in suites {
            let token = yard.open(&Settings::default().suite(suite)).unwrap();
            for (number, rv) in (10 * suite.number()..).zip(UNKNOWN) {
                yard.ask(&answers(call, Some(1), rv));
                yard.calls();
                let root = root(&token, number);
                assert_eq!(count(&yard.calls(), call), 2, "{suite:?}");
                yard.calm();
                try_open(&*root, &seal(&*root, 3)).unwrap();
                // Who knows nothing of it at all makes nothing.
                let id = RootId([number + 5; 16]);
                yard.ask(&answers(call, None, rv));
                assert!(token.create(&id).is_err());
                yard.calm();
                thread::sleep(PAUSE);
                assert!(Roots::find(&token, &id).unwrap().is_none());
            }
        }
    });
}
