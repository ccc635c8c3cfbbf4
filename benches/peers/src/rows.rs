//! The rows: an operation, and the bytes of a message.

/// One operation on messages of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub operation: &'static str,
    /// Zero where there is no message.
    pub size: usize,
}

const SIZES: [usize; 4] = [64, 1024, 16384, 1 << 20];
const OPERATIONS: [&str; 12] = [
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
];

impl Row {
    /// As it is written with the tier that is forced, if one is.
    pub fn named(&self, tier: Option<&str>) -> String {
        let operation = tier.map_or(self.operation.to_owned(), |tier| format!("{}@{tier}", self.operation));
        if self.size == 0 { operation } else { format!("{operation}/{}", self.size) }
    }

    pub fn name(&self) -> String {
        self.named(None)
    }

    /// Tiers are those of SM4.
    pub fn has_tiers(&self) -> bool {
        self.operation.starts_with("sm4-")
    }

    /// Megabytes a second, or nanoseconds where there is no message.
    pub fn figure(&self, nanoseconds: f64) -> f64 {
        let messages = if self.operation == "sm3x16" { 16 } else { 1 };
        if self.size == 0 { nanoseconds } else { (self.size * messages) as f64 * 1e3 / nanoseconds }
    }

    pub fn unit(&self) -> &'static str {
        if self.size == 0 { "ns" } else { "MB/s" }
    }
}

pub fn all() -> Vec<Row> {
    let sizes = |operation| match operation {
        "sm4-key" => &[0][..],
        "hmac-sm3" => &SIZES[..3],
        _ => &SIZES,
    };
    let rows = OPERATIONS
        .iter()
        .flat_map(|operation| sizes(*operation).iter().map(move |&size| Row { operation, size }));
    rows.collect()
}
