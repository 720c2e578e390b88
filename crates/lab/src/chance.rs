//! What chance allows: the band in which a count of many draws falls, and whether luck explains how
//! uneven a run came out. Where the shares come from is not known here.

/// How many runs of 100 fall inside a [`band`].
pub const BAND: u32 = 95;

/// A share of runs below which luck is a poor explanation, and one below which it is none.
const UNUSUAL: f64 = 0.05;
const NOT_LUCK: f64 = 0.001;
/// Below this expected count the chi-square approximation is not to be trusted (Cochran's rule).
const COCHRAN: f64 = 5.0;
/// More steps than this are not spent on the chance that somebody gets nothing.
const STEPS: u64 = 20_000_000;
/// A weight so small beside the likeliest that it changes no digit.
const NOTHING: f64 = 1e-18;

/// Least and greatest count of hits in `n` draws of share `p` between which the middle 95 of 100 runs
/// fall: outside of it, to either side, lie at most 2.5 of 100. Exact, from the binomial distribution.
pub fn band(n: u64, p: f64) -> (u64, u64) {
    let p = p.clamp(0.0, 1.0);
    if p == 0.0 || n == 0 {
        return (0, 0);
    }
    if p == 1.0 {
        return (n, n);
    }
    let tail = (1.0 - f64::from(BAND) / 100.0) / 2.0;
    let (first, weights) = binomial(n, p);
    let mut low = 0;
    let mut sum = 0.0;
    while let Some(weight) = weights.get(low) {
        sum += weight;
        if sum > tail {
            break;
        }
        low += 1;
    }
    let mut high = weights.len().saturating_sub(1);
    let mut sum = 0.0;
    while let Some(weight) = weights.get(high) {
        sum += weight;
        if sum > tail || high == 0 {
            break;
        }
        high -= 1;
    }
    (first + low as u64, first + high as u64)
}

/// The binomial distribution where it is more than nothing: the first count, and the chance of each
/// from there on. Ratios of neighbours are exact, so no factorial is needed; the sum is made 1.
fn binomial(n: u64, p: f64) -> (u64, Vec<f64>) {
    let mode = (n.saturating_add(1) as f64 * p)
        .floor()
        .clamp(0.0, n as f64) as u64;
    let odds = p / (1.0 - p);
    let up = |k: u64| (n - k) as f64 / (k + 1) as f64 * odds;
    let mut below = Vec::new();
    let (mut weight, mut k) = (1.0, mode);
    while k > 0 {
        weight /= up(k - 1);
        if weight < NOTHING {
            break;
        }
        below.push(weight);
        k -= 1;
    }
    let first = mode - below.len() as u64;
    let mut weights: Vec<f64> = below.into_iter().rev().collect();
    let (mut weight, mut k) = (1.0, mode);
    weights.push(weight);
    while k < n {
        weight *= up(k);
        if weight < NOTHING {
            break;
        }
        weights.push(weight);
        k += 1;
    }
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    (first, weights)
}

/// How one run came out, beside what was expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// There is nothing to be uneven: no draw, or only one way it can go.
    Certain,
    /// Too few connections to tell luck from anything else.
    TooFew {
        /// The chance that at least one way is never gone, where it can be counted.
        empty: Option<f64>,
    },
    /// A way was gone that has no odds at all.
    Impossible,
    /// Pearson's test.
    Tested {
        /// The sum of squared gaps, each over its expectation.
        chi_square: f64,
        /// Ways less one.
        degrees: usize,
        /// The share of runs that chance alone makes at least this uneven.
        share: f64,
    },
}

/// Judges counts against the shares expected of them (Pearson's chi-square test).
pub fn verdict(counts: &[(u64, f64)]) -> Verdict {
    let n: u64 = counts.iter().map(|(count, _)| count).sum();
    if counts.iter().any(|&(count, p)| count > 0 && p <= 0.0) {
        return Verdict::Impossible;
    }
    let ways: Vec<(u64, f64)> = counts.iter().copied().filter(|(_, p)| *p > 0.0).collect();
    if ways.len() < 2 || n == 0 {
        return Verdict::Certain;
    }
    if ways.iter().any(|(_, p)| p * (n as f64) < COCHRAN) {
        let shares: Vec<f64> = ways.iter().map(|(_, p)| *p).collect();
        return Verdict::TooFew {
            empty: some_is_empty(n, &shares),
        };
    }
    let chi_square = ways
        .iter()
        .map(|&(count, p)| {
            let expected = p * n as f64;
            (count as f64 - expected).powi(2) / expected
        })
        .sum();
    let degrees = ways.len() - 1;
    Verdict::Tested {
        chi_square,
        degrees,
        share: chi_square_tail(chi_square, degrees),
    }
}

impl Verdict {
    /// What it means, in a sentence.
    pub fn words(&self) -> String {
        match *self {
            Verdict::Certain => "There is only one way it can go, so nothing is left to chance.".into(),
            Verdict::TooFew { empty: None } => "These are too few connections to tell luck from anything else.".into(),
            Verdict::TooFew { empty: Some(empty) } => format!(
                "These are too few connections to judge: chance alone leaves at least one with nothing in {} runs.",
                of_a_hundred(empty)
            ),
            Verdict::Impossible => "Some went where the rules give no chance to go: this is not luck.".into(),
            Verdict::Tested { share, .. } if share >= UNUSUAL => format!(
                "Chance alone is at least this uneven in {} runs: this is luck.",
                of_a_hundred(share)
            ),
            Verdict::Tested { share, .. } if share >= NOT_LUCK => format!(
                "Chance alone is this uneven in only {} runs: unusual, and still luck.",
                of_a_hundred(share)
            ),
            Verdict::Tested { .. } => "Chance alone is this uneven in fewer than 1 of 1,000 runs: luck hardly explains it.".into(),
        }
    }
}

/// `36 of 100`, `4 of 1,000`, `more than 99 of 100`.
pub fn of_a_hundred(share: f64) -> String {
    let share = share.clamp(0.0, 1.0);
    match share {
        s if s < 0.001 => "fewer than 1 of 1,000".into(),
        s if s < 0.01 => format!("{:.0} of 1,000", s * 1000.0),
        s if s > 0.99 && s < 1.0 => "more than 99 of 100".into(),
        s => format!("{:.0} of 100", s * 100.0),
    }
}

/// The chance that at least one way is never gone in `n` draws; `None` where counting takes too long.
///
/// Way after way takes its share of what the earlier ones left, and must take at least one.
pub fn some_is_empty(n: u64, shares: &[f64]) -> Option<f64> {
    let ways = shares.len() as u64;
    if n < ways {
        return Some(1.0);
    }
    if n.checked_mul(n)?.checked_mul(ways)? > STEPS {
        return None;
    }
    let n = n as usize;
    // `left[m]`: all ways so far were gone, and `m` draws are left for the others.
    let mut left = vec![0.0; n + 1];
    left[n] = 1.0;
    let mut rest: f64 = shares.iter().sum();
    for (at, share) in shares.iter().enumerate() {
        let mut next = vec![0.0; n + 1];
        let p = (share / rest).min(1.0);
        for (m, chance) in left.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            if at + 1 == shares.len() || p >= 1.0 {
                next[0] += if m > 0 { *chance } else { 0.0 };
                continue;
            }
            let (first, weights) = binomial(m as u64, p);
            for (i, weight) in weights.iter().enumerate() {
                let took = first as usize + i;
                if took > 0 {
                    next[m - took] += chance * weight;
                }
            }
        }
        left = next;
        rest = (rest - share).max(f64::MIN_POSITIVE);
    }
    Some((1.0 - left[0]).clamp(0.0, 1.0))
}

/// The share of runs in which a chi-square of so many degrees of freedom is at least `x`: the upper
/// regularised gamma function of half of both, by its series or its continued fraction
/// (Abramowitz & Stegun 6.5.29 and 6.5.31).
pub fn chi_square_tail(x: f64, degrees: usize) -> f64 {
    if degrees == 0 || x <= 0.0 {
        return 1.0;
    }
    let (a, x) = (degrees as f64 / 2.0, x / 2.0);
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut k) = (1.0 / a, 1.0 / a, a);
        for _ in 0..10_000 {
            k += 1.0;
            term *= x / k;
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return (1.0 - sum * scale).clamp(0.0, 1.0);
    }
    // Lentz's way through the continued fraction.
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut value = d;
    for i in 1..10_000 {
        let an = -f64::from(i) * (f64::from(i) - a);
        b += 2.0;
        d = 1.0 / keep_off_zero(an * d + b, tiny);
        c = keep_off_zero(b + an / c, tiny);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    (value * scale).clamp(0.0, 1.0)
}

fn keep_off_zero(value: f64, tiny: f64) -> f64 {
    match value.abs() < tiny {
        true => tiny,
        false => value,
    }
}

/// ln Γ(a) of a whole or half number, by Γ(a + 1) = a Γ(a).
fn ln_gamma(a: f64) -> f64 {
    let mut at = match a.fract() == 0.0 {
        true => 1.0,
        false => 0.5,
    };
    // Γ(1) = 1, Γ(1/2) = √π.
    let mut value = match a.fract() == 0.0 {
        true => 0.0,
        false => std::f64::consts::PI.sqrt().ln(),
    };
    while at + 0.25 < a {
        value += f64::ln(at);
        at += 1.0;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn within(n: u64, p: f64, low: u64, high: u64) {
        assert_eq!(band(n, p), (low, high), "{n} draws of {p}");
    }

    /// Worked out apart from this, with whole fractions.
    #[test]
    fn bands_are_those_of_the_binomial_distribution() {
        within(10, 0.5, 2, 8);
        within(100, 0.5, 40, 60);
        within(1, 0.5, 0, 1);
        within(1, 0.01, 0, 0);
        within(0, 0.3, 0, 0);
        within(10, 0.0, 0, 0);
        within(10, 1.0, 10, 10);
        within(5, 1.0 / 3.0, 0, 4);
        within(20, 0.5, 6, 14);
        within(1000, 1.0 / 3.0, 304, 363);
    }

    #[test]
    fn a_wide_band_is_two_deviations_to_either_side() {
        for (n, p) in [
            (10_000u64, 1.0 / 3.0),
            (1_000_000, 1.0 / 3.0),
            (1_000_000, 0.01),
        ] {
            let (low, high) = band(n, p);
            let (mean, deviation) = (n as f64 * p, (n as f64 * p * (1.0 - p)).sqrt());
            for side in [mean - low as f64, high as f64 - mean] {
                assert!((side - 1.96 * deviation).abs() < 1.5, "{n} {p}: {side}");
            }
        }
    }

    #[test]
    fn a_band_holds_95_of_100_runs_and_no_narrower_one_would() {
        for (n, p) in [(10, 0.5), (37, 1.0 / 37.0), (100, 0.3), (1000, 0.999)] {
            let (first, weights) = binomial(n, p);
            let (low, high) = band(n, p);
            let sum = |from: u64, to: u64| -> f64 {
                let all = weights.iter().zip(first..);
                all.filter(|(_, k)| (from..=to).contains(k))
                    .map(|(w, _)| w)
                    .sum()
            };
            assert!(sum(low, high) >= 0.95, "{n} {p}");
            assert!(sum(0, low) > 0.025 && sum(high, n) > 0.025, "{n} {p}");
        }
    }

    /// Tables of the chi-square distribution.
    #[test]
    fn tails_are_those_of_the_tables() {
        for (x, degrees, tail) in [
            (3.841_458_820_694, 1, 0.05),
            (5.991_464_547_108, 2, 0.05),
            (9.210_340_371_976, 2, 0.01),
            (18.307_038_053_275, 10, 0.05),
            (3.940_299_136_119, 10, 0.95),
            (123.225_221_453_36, 99, 0.05),
            (148.230_352_380, 99, 0.001),
        ] {
            let found = chi_square_tail(x, degrees);
            assert!((found - tail).abs() < 1e-6, "{x} of {degrees}: {found}");
        }
        assert_eq!(chi_square_tail(0.0, 3), 1.0);
        assert_eq!(chi_square_tail(1e6, 3), 0.0);
        assert_eq!(chi_square_tail(1.0, 0), 1.0);
    }

    #[test]
    fn an_uneven_run_is_judged() {
        let third = 1.0 / 3.0;
        let run = |counts: [u64; 3]| verdict(&counts.map(|c| (c, third)));
        let Verdict::Tested {
            chi_square,
            degrees,
            share,
        } = run([3397, 3282, 3321])
        else {
            panic!("ten thousand are enough");
        };
        assert_eq!(degrees, 2);
        assert!((chi_square - 2.0522).abs() < 1e-3, "{chi_square}");
        assert!((share - 0.358).abs() < 1e-3, "{share}");
        let says = |counts, words: &str| {
            let said = run(counts).words();
            assert!(said.contains(words), "{said}");
        };
        says([3397, 3282, 3321], "36 of 100 runs: this is luck");
        says([3433, 3267, 3300], "of 100 runs: this is luck");
        says([3450, 3250, 3300], "unusual, and still luck");
        says([4000, 3000, 3000], "luck hardly explains it");
        says([4, 3, 3], "at least one with nothing in 5 of 100 runs");
    }

    #[test]
    fn few_endpoints_often_get_nothing() {
        let third: f64 = 1.0 / 3.0;
        let exact = 3.0 * (2.0f64 / 3.0).powi(10) - 3.0 * third.powi(10);
        let found = some_is_empty(10, &[third; 3]).expect("ten are few");
        assert!((found - exact).abs() < 1e-9, "{found}, not {exact}");
        assert_eq!(some_is_empty(2, &[third; 3]), Some(1.0));
        let uneven = some_is_empty(4, &[0.9, 0.1]).expect("four are few");
        assert!((uneven - (0.9f64.powi(4) + 0.1f64.powi(4))).abs() < 1e-9);
        assert_eq!(some_is_empty(1_000_000, &[0.5; 2]), None);
    }

    #[test]
    fn what_cannot_differ_is_not_judged() {
        assert_eq!(verdict(&[(10, 1.0)]), Verdict::Certain);
        assert_eq!(verdict(&[]), Verdict::Certain);
        assert_eq!(verdict(&[(10, 1.0), (1, 0.0)]), Verdict::Impossible);
        assert_eq!(verdict(&[(10, 1.0), (0, 0.0)]), Verdict::Certain);
    }

    #[test]
    fn shares_of_runs_are_told_in_whole_numbers() {
        for (share, words) in [
            (0.358, "36 of 100"),
            (0.004, "4 of 1,000"),
            (0.0001, "fewer than 1 of 1,000"),
            (0.999, "more than 99 of 100"),
            (1.0, "100 of 100"),
        ] {
            assert_eq!(of_a_hundred(share), words);
        }
    }
}
