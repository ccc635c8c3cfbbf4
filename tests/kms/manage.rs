//! Keys by their names: aliases, lists, and what may be changed of a key.

use miyao::{Kind, key::Spec, kms::KeyUpdate};

use super::{
    common::{context, key, kind, kms},
    make, name,
};

#[test]
fn aliases_move_and_names_stay() {
    let kms = kms();
    let (one, two) = (make(&kms, "one", Spec::Sm4), make(&kms, "two", Spec::Sm4));
    let alias = name("current");
    kms.add_alias(&one, &alias).unwrap();
    assert_eq!(kind(kms.add_alias(&two, &alias)), Kind::Exists);
    let token = kms.encrypt(&key("current"), &context(), b"").unwrap();
    kms.move_alias(&two, &alias).unwrap();
    let other = kms.encrypt(&key("current"), &context(), b"").unwrap();
    assert_ne!(kms.decrypt(&context(), &token).unwrap().key, kms.decrypt(&context(), &other).unwrap().key);
    assert_eq!(kind(kms.move_alias(&one, &name("two"))), Kind::Forbidden);
    kms.remove_alias(&alias).unwrap();
    assert_eq!(kind(kms.encrypt(&key("current"), &context(), b"")), Kind::Missing);
    assert_eq!(kind(kms.remove_alias(&name("one"))), Kind::Forbidden);
    assert!(kms.doctor().unwrap().is_clean());
}

#[test]
fn keys_are_listed_by_name_and_page() {
    let kms = kms();
    for index in 0..25 {
        make(&kms, &format!("key-{index:02}"), Spec::Sm4);
    }
    kms.add_alias(&key("key-03"), &name("another")).unwrap();
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = kms.list(after.as_ref(), 10).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.name.clone());
        names.extend(page.iter().map(|key| key.name.to_string()));
    }
    assert_eq!(names, (0..25).map(|index| format!("key-{index:02}")).collect::<Vec<_>>());
}

#[test]
fn an_update_changes_what_it_names_and_protection_holds() {
    let kms = kms();
    let orders = make(&kms, "orders", Spec::Sm4);
    let update = KeyUpdate {
        description: Some("orders of the shop".into()),
        deletion_protection: Some(true),
        set_tags: vec![("owner".into(), "shop".into())],
        ..KeyUpdate::default()
    };
    let changed = kms.update(&orders, update).unwrap().key;
    assert_eq!(
        (changed.description.as_str(), changed.tags["owner"].as_str()),
        ("orders of the shop", "shop")
    );
    kms.disable(&orders).unwrap();
    assert_eq!(kind(kms.schedule_destroy(&orders, None)), Kind::Forbidden);
    let absent = KeyUpdate { remove_tags: vec!["no".into()], ..KeyUpdate::default() };
    assert_eq!(kind(kms.update(&orders, absent)), Kind::Missing);
    assert_eq!(kind(kms.update(&orders, KeyUpdate::default())), Kind::Invalid);
}
