use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in the currency's smallest unit (cents, pence, rappen), never a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Minor units: 4500 is 45.00 of a currency with two decimals.
    pub minor: i64,
    /// What the units are of.
    pub currency: Currency,
}

/// An ISO 4217 code of a currency that clinics charge in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::IntoStaticStr)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
pub enum Currency {
    /// Euro.
    Eur,
    /// Pound sterling.
    Gbp,
    /// Swiss franc.
    Chf,
    /// United States dollar.
    Usd,
}

impl std::fmt::Display for Money {
    /// `45.00 EUR`. All currencies listed here have two decimals (ISO 4217, minor unit 2).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        let currency: &str = self.currency.into();
        write!(f, "{sign}{}.{:02} {currency}", minor / 100, minor % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money};

    #[test]
    fn amounts_read_as_people_write_them() {
        let text = |minor| Money { minor, currency: Currency::Eur }.to_string();
        assert_eq!([text(4500), text(5), text(-1999)], ["45.00 EUR", "0.05 EUR", "-19.99 EUR"]);
    }
}
