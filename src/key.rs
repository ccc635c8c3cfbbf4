//! Keys (密钥生命周期): a named thing with numbered versions, a state, limits; and what its state permits.
//!
//! Everything here is `docs/lifecycle.md`. Knows no algorithm's insides, no clock and no store: time is an argument.

mod life;
mod name;
mod permission;
mod record;
mod spec;
mod state;
mod time;
mod version;

pub use life::{DEFAULT_WAIT, Due, MAX_WAIT, MIN_WAIT};
pub use name::{KeyId, KeyName, Number, Principal};
pub use permission::{Exporting, Macing, Opening, Sealing, Signing, Verifying};
pub use record::{Key, Limits, NewKey};
pub use spec::{AuditMode, Origin, Protection, Spec};
pub use state::{Access, KeyEvent, KeyState, Operation, VersionEvent, VersionState};
pub use time::{Span, Time};
pub use version::{Usage, Version};
