//! What a task wants to stay as it is: compared as values, so that comments and order of writing are free.

use cluster::yaml::{self, Document, Node};

use crate::model::Keep;

/// Whether what is to be kept is the same in both texts.
pub fn kept(keep: &Keep, before: &str, after: &str) -> bool {
    let (before, after) = (read(before), read(after));
    match keep {
        Keep::Question => true,
        Keep::Yaml => all(&before) == all(&after),
        Keep::Objects { kind, name, path } => {
            chosen(&before, kind, name.as_deref(), path)
                == chosen(&after, kind, name.as_deref(), path)
        }
    }
}

/// Whether a text has anything of what is to be kept.
pub fn exists(keep: &Keep, text: &str) -> bool {
    match keep {
        Keep::Question | Keep::Yaml => true,
        Keep::Objects { kind, name, path } => {
            !chosen(&read(text), kind, name.as_deref(), path).is_empty()
        }
    }
}

fn read(text: &str) -> Vec<Document> {
    yaml::read(0, text).0
}

fn all(documents: &[Document]) -> Vec<String> {
    let mut all: Vec<String> = documents.iter().map(|d| d.root.to_json()).collect();
    all.sort();
    all
}

/// The objects meant, each with its value, or that of its field.
fn chosen(documents: &[Document], kind: &str, name: Option<&str>, path: &[String]) -> Vec<String> {
    let text = |node: Option<&Node>| node.and_then(Node::as_str).unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for document in documents {
        let root = &document.root;
        let own = text(root.get("metadata").and_then(|m| m.get("name")));
        if text(root.get("kind")) != kind || name.is_some_and(|name| name != own) {
            continue;
        }
        let field = path
            .iter()
            .try_fold(root, |node, key| match key.parse::<usize>() {
                Ok(index) => node.items().get(index),
                Err(_) => node.get(key),
            });
        if let Some(field) = field {
            let namespace = text(root.get("metadata").and_then(|m| m.get("namespace")));
            found.push(format!("{namespace}/{own} {}", field.to_json()));
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "kind: Deployment\nmetadata: {name: demo}\nspec: {replicas: 3, a: 1}\n";

    fn of(path: &[&str]) -> Keep {
        Keep::Objects {
            kind: "Deployment".into(),
            name: Some("demo".into()),
            path: path.iter().map(|p| (*p).to_owned()).collect(),
        }
    }

    #[test]
    fn a_field_is_kept_while_others_change() {
        let other =
            "# words\nkind: Deployment\nmetadata: {name: demo}\nspec: {a: 2, replicas: 3}\n";
        assert!(kept(&of(&["spec", "replicas"]), TEXT, other));
        assert!(!kept(&of(&["spec", "a"]), TEXT, other));
        assert!(!kept(&of(&[]), TEXT, other));
        assert!(!kept(&Keep::Yaml, TEXT, other));
        assert!(
            kept(&Keep::Yaml, TEXT, &format!("# {TEXT}{TEXT}")) || kept(&Keep::Yaml, TEXT, TEXT)
        );
        assert!(
            !kept(&of(&["spec", "replicas"]), TEXT, ""),
            "what is gone is not kept"
        );
        assert!(exists(&of(&["spec"]), TEXT) && !exists(&of(&["x"]), TEXT));
    }
}
