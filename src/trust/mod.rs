//! Whom to believe: signatures and whose they must be, receipts, and what a push may do to a protected
//! ref.

mod guard;
mod receipt;
mod signature;
mod signers;

pub use guard::Guard;
pub use receipt::{Flaw, ReceiptState, Said, accepted};
pub use signature::{Namespace, is_ssh, sign};
pub use signers::Signers;
