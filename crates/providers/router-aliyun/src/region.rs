//! Where Aliyun answers: keys are good in one region only.

use router_core::{Error, ErrorKind, Result};

/// A region of Model Studio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Region {
    /// China.
    #[default]
    Beijing,
    /// The international one.
    Singapore,
    /// The United States.
    UnitedStates,
    /// Hong Kong.
    HongKong,
}

impl Region {
    /// A region by the vendor's name, or by a common one.
    ///
    /// # Errors
    /// `Config` for a name that is not known.
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "cn-beijing" | "beijing" | "cn" => Ok(Self::Beijing),
            "ap-southeast-1" | "singapore" | "intl" => Ok(Self::Singapore),
            "us-east-1" | "us" => Ok(Self::UnitedStates),
            "cn-hongkong" | "hongkong" => Ok(Self::HongKong),
            other => {
                let message = format!(
                    "aliyun: region {other:?} is not known; it is one of cn-beijing, ap-southeast-1, us-east-1, cn-hongkong"
                );
                Err(Error::new(ErrorKind::Config, message))
            }
        }
    }

    /// Its address.
    #[must_use]
    pub fn address(self) -> &'static str {
        match self {
            Self::Beijing => "https://dashscope.aliyuncs.com",
            Self::Singapore => "https://dashscope-intl.aliyuncs.com",
            Self::UnitedStates => "https://dashscope-us.aliyuncs.com",
            Self::HongKong => "https://cn-hongkong.dashscope.aliyuncs.com",
        }
    }
}

/// An address as the vendor's SDKs take it, up to the path of an API.
pub(crate) fn address(given: &str) -> String {
    let given = given.trim().trim_end_matches('/');
    let bare = ["/compatible-mode/v1", "/api/v1", "/compatible-api/v1"]
        .iter()
        .find_map(|api| given.strip_suffix(api));
    bare.unwrap_or(given).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Region, address};

    #[test]
    fn addresses_of_sdks() {
        for (given, read) in [
            (
                "https://dashscope.aliyuncs.com/compatible-mode/v1",
                "https://dashscope.aliyuncs.com",
            ),
            (
                "https://dashscope-intl.aliyuncs.com/api/v1/",
                "https://dashscope-intl.aliyuncs.com",
            ),
            ("http://127.0.0.1:9/x", "http://127.0.0.1:9/x"),
        ] {
            assert_eq!(address(given), read);
        }
        assert!(Region::parse("mars").is_err());
        assert_eq!(Region::parse("intl").ok(), Some(Region::Singapore));
    }
}
