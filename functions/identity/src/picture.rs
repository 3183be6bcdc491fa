//! The picture in somebody's profile (ID-11). Pure.

use std::io::Cursor;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};
use kernel::{Fault, Private, Status, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Entity, Key, Shared};

/// Pixels of a side of what is kept: sharp at 128 on the densest screens.
const SIDE: u32 = 256;

/// JPEG's quality. A face at this size takes 10 to 25 kB.
const QUALITY: u8 = 82;

/// The longest side that is looked at.
const LONGEST: u32 = 4096;

/// The most bytes that a picture may unfold to: the largest one with 16 bits for each of four channels, and some.
const MOST_DECODED: u64 = 160 * 1024 * 1024;

/// The most bytes that are looked at.
const MOST: usize = 180 * 1024;

/// A picture of somebody.
///
/// It is small, is written with its owner's other data and is read with it: so it lies in the table, and not
/// where documents lie.
///
/// Access pattern: by account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Picture {
    /// Whose.
    pub user: UserId,
    /// A square JPEG, base64. It is made here of what was sent, so that it holds nothing but pixels: no place
    /// where it was taken, and nothing that is no picture.
    pub jpeg: Private<String>,
}

impl Picture {
    /// By account.
    pub fn at(user: UserId) -> Key<Self> {
        Key::new(format_args!("account/{user}"), "picture")
    }
}

impl Entity for Picture {
    const KIND: &'static str = "picture";
    type Scope = Shared;
    fn key(&self) -> Key<Self> {
        Self::at(self.user)
    }
}

/// A picture as it is sent: JPEG or PNG, base64, at most 180 kB and 4096 pixels a side.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("contentEncoding" = "base64", "maxLength" = 245_760))]
pub struct Sent(Vec<u8>);

/// Not a picture that can be shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("Choose a JPEG or PNG picture of at most 180 kB and 4096 pixels a side.")]
pub struct NotAPicture;

impl Fault for NotAPicture {
    fn status(&self) -> Status {
        Status::Unprocessable
    }
    fn code(&self) -> &'static str {
        "NOT_A_PICTURE"
    }
    fn pointer(&self) -> Option<String> {
        Some("/image".into())
    }
}

impl TryFrom<String> for Sent {
    type Error = NotAPicture;
    fn try_from(text: String) -> Result<Self, NotAPicture> {
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| NotAPicture)?;
        if bytes.len() <= MOST { Ok(Self(bytes)) } else { Err(NotAPicture) }
    }
}

impl Sent {
    /// The middle of it as a square, upright.
    pub fn developed(self, user: UserId) -> Result<Picture, NotAPicture> {
        let image = self.decoded().map_err(|_| NotAPicture)?;
        // First the middle, then its size: a picture that is long and thin must not grow before it is cut.
        let side = image.width().min(image.height());
        let middle = image.crop_imm((image.width() - side) / 2, (image.height() - side) / 2, side, side);
        let square = middle.resize_exact(SIDE, SIDE, FilterType::Triangle).into_rgb8();
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&square).map_err(|_| NotAPicture)?;
        Ok(Picture { user, jpeg: Private(BASE64_STANDARD.encode(jpeg)) })
    }

    fn decoded(self) -> image::ImageResult<DynamicImage> {
        let mut reader = ImageReader::new(Cursor::new(self.0)).with_guessed_format()?;
        let mut limits = Limits::default();
        (limits.max_image_width, limits.max_image_height) = (Some(LONGEST), Some(LONGEST));
        limits.max_alloc = Some(MOST_DECODED);
        reader.limits(limits);
        if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png)) {
            return Err(std::io::Error::other("another format").into());
        }
        let mut decoder = reader.into_decoder()?;
        let orientation = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    fn sent(image: &DynamicImage, format: ImageFormat) -> Sent {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        Sent(bytes.into_inner())
    }

    fn seen(picture: &Picture) -> DynamicImage {
        image::load_from_memory(&BASE64_STANDARD.decode(picture.jpeg.as_str()).unwrap()).unwrap()
    }

    #[test]
    fn the_middle_is_kept_as_a_small_square() {
        // A wide picture: red at its sides, green in its middle.
        let wide = image::RgbImage::from_fn(900, 300, |x, _| {
            if (300..600).contains(&x) { image::Rgb([0, 200, 0]) } else { image::Rgb([200, 0, 0]) }
        });
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let picture = sent(&wide.clone().into(), format).developed(id(1)).unwrap();
            let square = seen(&picture).into_rgb8();
            assert_eq!(square.dimensions(), (SIDE, SIDE));
            assert!(picture.jpeg.len() < 32_768, "{}", picture.jpeg.len());
            assert!(square.pixels().all(|pixel| pixel[1] > 120 || pixel[0] < 120), "the middle is green");
        }
    }

    #[test]
    fn nothing_but_pixels_is_kept_and_a_turned_picture_stands_upright() {
        // Green above, red below; EXIF says to turn it by a quarter clockwise: green is on the right.
        let tall = image::RgbImage::from_fn(64, 64, |_, y| {
            if y < 32 { image::Rgb([0, 200, 0]) } else { image::Rgb([200, 0, 0]) }
        });
        let Sent(plain) = sent(&tall.into(), ImageFormat::Jpeg);
        let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0secret place";
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let turned = [&plain[..2], &[0xff, 0xe1], &length, exif, &plain[2..]].concat();
        let picture = Sent(turned).developed(id(1)).unwrap();
        let kept = BASE64_STANDARD.decode(picture.jpeg.as_str()).unwrap();
        assert!(!kept.windows(6).any(|bytes| bytes == b"secret"));
        let square = seen(&picture).into_rgb8();
        assert!(square.get_pixel(240, 128)[1] > 150 && square.get_pixel(16, 128)[0] > 150);
    }

    #[test]
    fn a_long_thin_picture_is_cut_before_it_grows() {
        for (width, height) in [(LONGEST, 1), (1, LONGEST), (LONGEST, 3)] {
            let thin = DynamicImage::new_rgba16(width, height);
            let picture = sent(&thin, ImageFormat::Png).developed(id(1)).unwrap();
            assert_eq!(seen(&picture).into_rgb8().dimensions(), (SIDE, SIDE));
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let small = DynamicImage::new_rgb8(8, 8);
        let Sent(png) = sent(&small, ImageFormat::Png);
        let half = png[..png.len() / 2].to_vec();
        let gif = b"GIF89a\x01\0\x01\0\0\0\0;".to_vec();
        let wide = sent(&DynamicImage::new_luma8(LONGEST + 1, 1), ImageFormat::Png).0;
        for bytes in [Vec::new(), b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), half, gif, wide] {
            assert_eq!(Sent(bytes).developed(id(1)).unwrap_err(), NotAPicture);
        }
        assert_eq!(Sent::try_from("not base64!".to_owned()).unwrap_err(), NotAPicture);
        assert_eq!(Sent::try_from(BASE64_STANDARD.encode(vec![0; MOST + 1])).unwrap_err(), NotAPicture);
    }
}
