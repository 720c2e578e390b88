//! `chainwalk check`: what is wrong, where, and what to do.

use std::process::ExitCode;

use lab::{Diagnostic, Lab, Options, Severity, Source};

use crate::args::Check;
use crate::{FOUND_ERRORS, Failure, json, read};

/// Prints every diagnostic; the exit code is 1 when one is an error.
pub fn run(args: &Check, out: &mut String) -> Result<ExitCode, Failure> {
    let sources = read(&args.cluster.files)?;
    let lab = Lab::load(
        &sources,
        Options {
            plan: args.cluster.plan(),
            dialect: crate::rules::version(&args.kube_proxy)?,
            ..Options::default()
        },
    );
    if args.json {
        json::write(out, &json::diagnostics(lab.diagnostics(), &sources))?;
    } else {
        for diagnostic in lab.diagnostics() {
            out.push_str(&print(diagnostic, &sources));
        }
        out.push_str(&summary(&lab));
    }
    Ok(if lab.has_errors() {
        ExitCode::from(FOUND_ERRORS)
    } else {
        ExitCode::SUCCESS
    })
}

/// `demo.yaml:12:13: error: spec.ports[0].port: …` and what to do on a line of its own.
pub fn print(diagnostic: &Diagnostic, sources: &[Source]) -> String {
    let place = match diagnostic.span {
        Some(span) => {
            let name = sources.get(span.source).map_or("", |s| s.name.as_str());
            format!("{name}:{}:{}: ", span.line, span.column)
        }
        None => String::new(),
    };
    let field = match diagnostic.field.as_str() {
        "" => String::new(),
        field => format!("{field}: "),
    };
    let mut text = format!(
        "{place}{}: {field}{}\n",
        word(diagnostic.severity),
        diagnostic.message
    );
    if !diagnostic.help.is_empty() {
        text.push_str(&format!("    {}\n", diagnostic.help));
    }
    text
}

/// The severity's word in both outputs.
pub fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Remark => "remark",
    }
}

fn summary(lab: &Lab) -> String {
    let of = |severity| {
        lab.diagnostics()
            .iter()
            .filter(|d| d.severity == severity)
            .count()
    };
    let cluster = lab.cluster();
    format!(
        "{}, {}, {}: {}, {}, {}\n",
        count(cluster.nodes.len(), "node"),
        count(cluster.pods.len(), "pod"),
        count(cluster.services.len(), "Service"),
        count(of(Severity::Error), "error"),
        count(of(Severity::Warning), "warning"),
        count(of(Severity::Remark), "remark"),
    )
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
