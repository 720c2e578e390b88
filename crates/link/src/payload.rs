//! Bytes to the characters of an address, packed, and back within limits.

use data_encoding::BASE64URL_NOPAD;
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_zlib_with_limit};

use crate::Error;

/// The longest text that a link may carry, in bytes. Packed it is still a long address; what is longer is
/// handed on as a file.
pub const MOST_TEXT: usize = 2 << 20;

/// The text and all that stands beside it: names, numbers, a conversation.
const MOST: usize = MOST_TEXT + (256 << 10);

/// The form in which the bytes are written. It stands in front, unpacked.
const VERSION: u8 = 1;

/// zlib's best: a link is made once, and each character of it is carried by everyone.
const LEVEL: u8 = 9;

/// Packs bytes of the newest form.
pub(crate) fn pack(bytes: &[u8]) -> String {
    let mut packed = vec![VERSION];
    packed.extend(compress_to_vec_zlib(bytes, LEVEL));
    BASE64URL_NOPAD.encode(&packed)
}

/// Unpacks the bytes, whose form is still the only one there is.
pub(crate) fn unpack(text: &str) -> Result<Vec<u8>, Error> {
    // Some programs add the padding that links do without.
    let text = text.trim_end_matches('=');
    let packed = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|error| match error.kind {
            data_encoding::DecodeKind::Symbol => Error::Garbled,
            _ => Error::Damaged,
        })?;
    let (version, packed) = packed.split_first().ok_or(Error::Damaged)?;
    match *version {
        0 => return Err(Error::Damaged),
        VERSION => {}
        _ => return Err(Error::Newer),
    }
    decompress_to_vec_zlib_with_limit(packed, MOST).map_err(|error| match error.status {
        TINFLStatus::HasMoreOutput => Error::TooBig,
        _ => Error::Damaged,
    })
}
