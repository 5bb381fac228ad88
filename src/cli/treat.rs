//! Words for what is done to grey values and labels: thresholds, regions, maps of labels.

use super::values;
use anyhow::{Context, Result, bail};
use voxion::microstructure::segment::{Clip, Threshold, edit::Region};

/// `otsu`, `multi-otsu`, `120`, `60,120` or `60..120`.
pub(crate) fn threshold(text: &str) -> Result<Threshold> {
    let number = |part: &str| {
        let number = part
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|number| number.is_finite());
        number.with_context(|| {
            format!("\"{part}\" is not a threshold; give otsu, multi-otsu, a grey value, or a range such as 60..120")
        })
    };
    match text {
        "otsu" => return Ok(Threshold::Otsu { classes: 2 }),
        "multi-otsu" => return Ok(Threshold::Otsu { classes: 3 }),
        _ => {}
    }
    if let Some((low, high)) = text.split_once("..") {
        let (low, high) = (number(low)?, number(high)?);
        if low > high {
            bail!("the range {text} ends before it begins; give the lower grey value first");
        }
        return Ok(Threshold::Range(low, high));
    }
    let values = text.split(',').map(number).collect::<Result<Vec<f64>>>()?;
    if values.windows(2).any(|pair| pair[0] >= pair[1]) {
        bail!("the thresholds {text} do not rise; give them from dark to bright, each once");
    }
    Ok(Threshold::Values(values))
}

/// `20..230`, or percentiles: `0.1%..99.9%`.
pub(crate) fn clip(text: &str) -> Result<Clip> {
    let example = "give LOW..HIGH, such as 20..230 or 0.1%..99.9%";
    let Some((low, high)) = text.split_once("..") else {
        bail!("\"{text}\" is not a range; {example}");
    };
    let percent = |part: &str| part.trim().strip_suffix('%').map(str::to_owned);
    let number = |part: &str| {
        let number = part.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        number.with_context(|| format!("\"{part}\" is not a number; {example}"))
    };
    let (clip, low, high) = match (percent(low), percent(high)) {
        (Some(low), Some(high)) => {
            let (low, high) = (number(&low)?, number(&high)?);
            if low < 0.0 || high > 100.0 {
                bail!("the percentiles {text} do not lie from 0 to 100");
            }
            (Clip::Percentiles(low, high), low, high)
        }
        (None, None) => {
            let (low, high) = (number(low)?, number(high)?);
            (Clip::Values(low, high), low, high)
        }
        _ => bail!("{text} mixes a value and a percentile; {example}"),
    };
    if low >= high {
        bail!("the range {text} holds nothing; give the lower end first");
    }
    Ok(clip)
}

/// `10:90,0:256,:` along z, y and x, or the last two of a picture; `:` is all.
pub(crate) fn region(text: &str) -> Result<Region> {
    let range = |part: &str| {
        if part.trim() == ":" {
            return Ok(None);
        }
        let ends = part
            .split_once(':')
            .and_then(|(first, end)| Some((first.trim().parse().ok()?, end.trim().parse().ok()?)));
        match ends {
            Some((first, end)) if first < end => Ok(Some((first, end))),
            _ => bail!(
                "\"{part}\" is not a range of voxels; give first:end, such as 0:128, or : for all"
            ),
        }
    };
    let ranges = text.split(',').map(range).collect::<Result<Vec<_>>>()?;
    match ranges[..] {
        [z, y, x] => Ok(Region([z, y, x])),
        [y, x] => Ok(Region([None, y, x])),
        _ => bail!("give z0:z1,y0:y1,x0:x1, or y0:y1,x0:x1 for a picture"),
    }
}

/// A new label for an old one, or for voxels that hold no finite number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LabelChange {
    /// The old label; none for voxels without a number.
    pub(crate) from: Option<i64>,
    /// The new label.
    pub(crate) to: i64,
}

/// `85=1` or `nan=2`.
pub(crate) fn label_change(text: &str) -> Result<LabelChange> {
    let Some((from, to)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write OLD=NEW, such as 85=1,170=2, or nan=2");
    };
    let from = match from.trim().eq_ignore_ascii_case("nan") {
        true => None,
        false => Some(values::label(from)?),
    };
    let to = values::label(to)?;
    Ok(LabelChange { from, to })
}

/// `nan=2`, the label 2.
pub(crate) fn nan_label(text: &str) -> Result<i64> {
    match label_change(text)? {
        LabelChange { from: None, to } => Ok(to),
        LabelChange {
            from: Some(from), ..
        } => bail!(
            "label {from} cannot be renumbered here, only nan=LABEL is taken; `voxion convert --map` writes a volume with other labels"
        ),
    }
}
