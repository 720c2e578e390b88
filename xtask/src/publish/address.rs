//! What needs to know where the site will stand: Open Graph, oEmbed and the canonical address.

use std::path::Path;

use super::into_head;
use crate::paths;
use crate::shell::{self, Done};

/// The picture that a link to the site is shown with: one of those that the tests take.
const PICTURE: &str = "docs/screenshots/wide-light-draw.png";
const TITLE: &str = "Chainwalk: walk a packet through your Service's iptables rules";
const SENTENCE: &str = "Paste Kubernetes YAML, see the exact iptables rules kube-proxy writes, and walk a packet through them.";
/// What an embed asks for unless its host says otherwise.
const FRAME: (u32, u32) = (960, 640);

/// The page with what tells others about it, and the files which that names.
pub fn with_address(html: &str, url: &str, dir: &Path) -> Done<String> {
    let url = checked(url)?;
    let picture = paths::root().join(PICTURE);
    let bytes =
        std::fs::read(&picture).map_err(|error| format!("{}: {error}", picture.display()))?;
    shell::write(&dir.join("picture.png"), bytes)?;
    shell::write(&dir.join("oembed.json"), oembed(&url))?;
    into_head(html, &tags(&url))
}

/// An address with a scheme that browsers follow, which ends with a slash and holds nothing that HTML or JSON reads.
fn checked(url: &str) -> Done<String> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:[]%".contains(&b);
    match rest {
        Some(rest) if !rest.is_empty() && rest.bytes().all(plain) => {
            Ok(format!("{}/", url.trim_end_matches('/')))
        }
        _ => Err(format!(
            "--url {url}: write the address at which the site will stand, such as https://example.org/chainwalk/"
        )),
    }
}

fn tags(url: &str) -> String {
    let property =
        |name: &str, value: &str| format!("<meta property=\"og:{name}\" content=\"{value}\">\n  ");
    let mut tags = format!("<link rel=\"canonical\" href=\"{url}\">\n  ");
    for (name, value) in [
        ("type", "website"),
        ("url", url),
        ("title", TITLE),
        ("description", SENTENCE),
        ("image", &format!("{url}picture.png")),
        (
            "image:alt",
            "A packet at a statistic rule: a number line, the threshold, and where the draw fell",
        ),
    ] {
        tags.push_str(&property(name, value));
    }
    tags.push_str("<meta name=\"twitter:card\" content=\"summary_large_image\">\n  ");
    tags.push_str(&format!(
        "<link rel=\"alternate\" type=\"application/json+oembed\" href=\"{url}oembed.json\" title=\"Chainwalk\">"
    ));
    tags
}

/// One answer for every address of the site, since a static host can't make one for each (oembed.com, "rich").
fn oembed(url: &str) -> String {
    let (width, height) = FRAME;
    let frame = format!(
        "<iframe src=\\\"{url}?embed\\\" width=\\\"{width}\\\" height=\\\"{height}\\\" title=\\\"Chainwalk\\\"></iframe>"
    );
    format!(
        "{{\"version\":\"1.0\",\"type\":\"rich\",\"provider_name\":\"Chainwalk\",\"provider_url\":\"{url}\",\
         \"title\":\"{TITLE}\",\"thumbnail_url\":\"{url}picture.png\",\"thumbnail_width\":1440,\"thumbnail_height\":900,\
         \"width\":{width},\"height\":{height},\"html\":\"{frame}\"}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_can_be_followed_and_quoted() {
        assert_eq!(
            checked("https://a.org/x").as_deref(),
            Ok("https://a.org/x/")
        );
        assert_eq!(
            checked("http://[::1]:8080/").as_deref(),
            Ok("http://[::1]:8080/")
        );
        for wrong in [
            "a.org",
            "https://",
            "javascript:alert(1)",
            "https://a.org/\"><script>",
            "https://a.org/?q",
        ] {
            assert!(checked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_picture_is_one_that_the_tests_take() {
        assert!(paths::root().join(PICTURE).is_file());
    }
}
