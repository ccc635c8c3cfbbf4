//! The rows: an operation, and the bytes of a message.

/// One operation on messages of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub operation: &'static str,
    /// Zero where there is no message.
    pub size: usize,
}

const SIZES: [usize; 4] = [64, 1024, 16384, 1 << 20];
const OPERATIONS: [&str; 25] = [
    "sm4-key",
    "sm4-ecb",
    "sm4-cbc-encrypt",
    "sm4-cbc-decrypt",
    "sm4-ctr",
    "sm4-gcm-encrypt",
    "sm4-gcm-decrypt",
    "sm4-xts-encrypt",
    "sm4-ccm-encrypt",
    "sm3",
    "sm3x16",
    "hmac-sm3",
    "sm2-keygen",
    "sm2-sign",
    "sm2-verify",
    "sm2-verify-prepared-small",
    "sm2-verify-prepared-full",
    "sm2-encrypt",
    "sm2-encrypt-prepared",
    "sm2-decrypt",
    "sm2-ecdh",
    "sm2-exchange",
    "sm2-batch8-sign",
    "sm2-batch8-verify",
    "sm2-batch8-keygen",
];
/// The operations of SM2 whose portable tier is measured.
const PORTABLE: [&str; 2] = ["sm2-sign", "sm2-verify"];

impl Row {
    /// As it is written with the tier that is forced, if one is.
    pub fn named(&self, tier: Option<&str>) -> String {
        let operation = tier.map_or(self.operation.to_owned(), |tier| format!("{}@{tier}", self.operation));
        if self.size == 0 { operation } else { format!("{operation}/{}", self.size) }
    }

    pub fn name(&self) -> String {
        self.named(None)
    }

    /// Tiers are those of SM4, but for the portable one of SM2.
    pub fn has_tier(&self, tier: &str) -> bool {
        if tier == "portable" {
            PORTABLE.contains(&self.operation)
        } else {
            self.operation.starts_with("sm4-")
        }
    }

    pub fn is_sm2(&self) -> bool {
        self.operation.starts_with("sm2-")
    }

    /// What a call that takes so many nanoseconds comes to, in the row's unit.
    pub fn figure(&self, nanoseconds: f64) -> f64 {
        let at_once = match self.operation {
            "sm3x16" => 16,
            operation if operation.starts_with("sm2-batch8") => 8,
            _ => 1,
        };
        match self.unit() {
            Unit::Nanoseconds => nanoseconds,
            Unit::Megabytes => (self.size * at_once) as f64 * 1e3 / nanoseconds,
            Unit::Operations => at_once as f64 * 1e9 / nanoseconds,
        }
    }

    /// How many times as fast the one is as the other, from their figures.
    pub fn ratio(&self, own: f64, peer: f64) -> f64 {
        if self.unit() == Unit::Nanoseconds { peer / own } else { own / peer }
    }

    pub fn unit(&self) -> Unit {
        match self.size {
            _ if self.is_sm2() => Unit::Operations,
            0 => Unit::Nanoseconds,
            _ => Unit::Megabytes,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Nanoseconds,
    Megabytes,
    Operations,
}

impl Unit {
    pub fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::Megabytes => "MB/s",
            Self::Operations => "ops/s",
        }
    }
}

pub fn all() -> Vec<Row> {
    let sizes = |operation| match operation {
        operation if operation == "sm4-key" || operation.starts_with("sm2-") => &[0][..],
        "hmac-sm3" => &SIZES[..3],
        _ => &SIZES,
    };
    let rows = OPERATIONS
        .iter()
        .flat_map(|operation| sizes(*operation).iter().map(move |&size| Row { operation, size }));
    rows.collect()
}
