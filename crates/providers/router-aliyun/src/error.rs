//! The error words of DashScope's own APIs and of its compatible mode.
//!
//! By <https://help.aliyun.com/en/model-studio/error-code-start>, read 2026-11.

use router_core::ErrorKind;
use router_core::error::TimeoutKind;
use router_wire::classify::CodeTable;

pub(crate) const CODES: CodeTable = &[
    ("invalidapikey", ErrorKind::Authentication),
    ("accessdenied", ErrorKind::PermissionDenied),
    ("model.accessdenied", ErrorKind::PermissionDenied),
    ("workspace.accessdenied", ErrorKind::PermissionDenied),
    ("allocationquota.freetieronly", ErrorKind::QuotaExceeded),
    ("datainspectionfailed", ErrorKind::ContentFiltered),
    ("data_inspection_failed", ErrorKind::ContentFiltered),
    ("ipinfringementsuspect", ErrorKind::ContentFiltered),
    ("modelnotfound", ErrorKind::NotFound),
    ("invalidparameter", ErrorKind::InvalidRequest),
    ("invalid_parameter_error", ErrorKind::InvalidRequest),
    ("invalidurl", ErrorKind::InvalidRequest),
    ("throttling", ErrorKind::RateLimited),
    ("internalerror.timeout", ErrorKind::Timeout(TimeoutKind::Vendor)),
    ("internalerror", ErrorKind::Server),
    ("modelservingerror", ErrorKind::Overloaded),
    ("modelunavailable", ErrorKind::Overloaded),
    ("systemerror", ErrorKind::Overloaded),
];
