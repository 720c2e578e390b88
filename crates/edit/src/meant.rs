//! What a change means, on values: the measure of what was done to the text.

use cluster::ObjectId;
use cluster::yaml::{Document, Node, Value};

use crate::{Change, Literal, Step};

/// Where an object is: its document, and its index where that is a list.
pub(crate) fn locate(documents: &[Document], object: ObjectId) -> Option<(usize, Option<usize>)> {
    let mut left = object.0;
    for (index, document) in documents.iter().enumerate() {
        // As `cluster` takes lists apart: one level, by the kind's name.
        let kind = document.root.get("kind").and_then(Node::as_str);
        let items = document.root.get("items");
        let list = kind.is_some_and(|k| k.ends_with("List"))
            && items.is_some_and(|i| matches!(i.value, Value::Seq(_)));
        let count = match list {
            true => items.map_or(0, |i| i.items().len()),
            false => 1,
        };
        if left < count {
            return Some((index, list.then_some(left)));
        }
        left -= count;
    }
    None
}

/// The steps from a document's root to an object in it.
pub(crate) fn steps(item: Option<usize>, path: &[Step]) -> Vec<Step> {
    let list = item.map(|index| [Step::Key("items".to_owned()), Step::Index(index)]);
    list.into_iter()
        .flatten()
        .chain(path.iter().cloned())
        .collect()
}

/// The documents after a change.
pub(crate) fn after(documents: &[Document], change: &Change) -> Option<Vec<Node>> {
    let mut roots: Vec<Node> = documents.iter().map(|d| d.root.clone()).collect();
    match change {
        Change::Set(object, path, value) => {
            let (document, item) = locate(documents, *object)?;
            set(&mut roots[document], &steps(item, path), value)?;
        }
        Change::Unset(object, path) => {
            let (document, item) = locate(documents, *object)?;
            unset(&mut roots[document], &steps(item, path))?;
        }
        Change::Drop(object) => match locate(documents, *object)? {
            (document, None) => {
                roots.remove(document);
            }
            (document, Some(item)) => {
                let Value::Seq(items) =
                    &mut find_mut(&mut roots[document], &Step::Key("items".into()))?.value
                else {
                    return None;
                };
                items.remove(item);
            }
        },
        Change::Append(document) => roots.push(document.node()),
    }
    Some(roots)
}

/// The index of the item in which a name has a value.
pub(crate) fn item(items: &[Node], name: &str, value: &str) -> Option<usize> {
    items
        .iter()
        .position(|i| i.get(name).and_then(Node::as_str) == Some(value))
}

/// The value one step down.
pub(crate) fn find<'a>(node: &'a Node, step: &Step) -> Option<&'a Node> {
    match (step, &node.value) {
        (Step::Key(name), Value::Map(_)) => node.get(name),
        (Step::Index(index), Value::Seq(items)) => items.get(*index),
        (Step::Item(name, value), Value::Seq(items)) => items.get(item(items, name, value)?),
        _ => None,
    }
}

fn find_mut<'a>(node: &'a mut Node, step: &Step) -> Option<&'a mut Node> {
    match (step, &mut node.value) {
        (Step::Key(name), Value::Map(entries)) => {
            let entry = entries.iter_mut().find(|(key, _)| key.name == *name)?;
            Some(&mut entry.1)
        }
        (Step::Index(index), Value::Seq(items)) => items.get_mut(*index),
        (Step::Item(name, value), Value::Seq(items)) => {
            let at = item(items, name, value)?;
            items.get_mut(at)
        }
        _ => None,
    }
}

/// The value that is written where some steps are missing.
pub(crate) fn wrapped(missing: &[Step], value: &Literal) -> Option<Literal> {
    let Some((step, rest)) = missing.split_first() else {
        return Some(value.clone());
    };
    let inner = wrapped(rest, value)?;
    match step {
        Step::Key(name) => Some(Literal::Map(vec![(name.clone(), inner)])),
        Step::Index(_) => Some(Literal::Seq(vec![inner])),
        Step::Item(name, is) => {
            let Literal::Map(mut entries) = inner else {
                return None;
            };
            entries.insert(0, (name.clone(), Literal::Str(is.clone())));
            Some(Literal::Seq(vec![Literal::Map(entries)]))
        }
    }
}

fn set(node: &mut Node, path: &[Step], value: &Literal) -> Option<()> {
    let Some((step, rest)) = path.split_first() else {
        node.value = value.node().value;
        return Some(());
    };
    if find(node, step).is_some() {
        return set(find_mut(node, step)?, rest, value);
    }
    let made = wrapped(path, value)?.node().value;
    match (&mut node.value, made) {
        (Value::Map(entries), Value::Map(new)) => entries.extend(new),
        (Value::Seq(items), Value::Seq(new)) => items.extend(new),
        (Value::Null, made) => node.value = made,
        _ => return None,
    }
    Some(())
}

/// What really goes with an entry: itself, or the outermost value that holds nothing else.
pub(crate) fn outermost<'a>(root: &Node, path: &'a [Step]) -> Option<&'a [Step]> {
    let mut node = root;
    let mut keep = 0;
    for (depth, step) in path.iter().enumerate() {
        let count = match &node.value {
            Value::Map(entries) => entries.len(),
            Value::Seq(items) => items.len(),
            _ => return None,
        };
        if count > 1 {
            keep = depth;
        }
        node = find(node, step)?;
    }
    path.get(..=keep)
}

fn unset(root: &mut Node, path: &[Step]) -> Option<()> {
    let path = outermost(root, path)?;
    let (last, above) = path.split_last()?;
    let mut node = root;
    for step in above {
        node = find_mut(node, step)?;
    }
    match (last, &mut node.value) {
        (Step::Key(name), Value::Map(entries)) => entries.retain(|(key, _)| key.name != *name),
        (Step::Index(index), Value::Seq(items)) if *index < items.len() => {
            items.remove(*index);
        }
        (Step::Item(name, value), Value::Seq(items)) => {
            let at = item(items, name, value)?;
            items.remove(at);
        }
        _ => return None,
    }
    Some(())
}

/// Whether documents say the same, wherever they stand and in whatever order names come.
pub(crate) fn same(meant: &[Node], found: &[Document]) -> bool {
    let found: Vec<&Node> = found.iter().map(|d| &d.root).collect();
    meant.len() == found.len() && meant.iter().zip(found).all(|(a, b)| alike(a, b))
}

fn alike(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Map(a), Value::Map(b)) => {
            let other = |name: &str| b.iter().find(|(key, _)| key.name == name);
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| other(&key.name).is_some_and(|(_, o)| alike(value, o)))
        }
        (Value::Seq(a), Value::Seq(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_through_lists() {
        let text = "kind: A\n---\nkind: PodList\nitems:\n- kind: B\n- kind: C\n---\nkind: D\n";
        let (documents, _) = cluster::yaml::read(0, text);
        let at = |n| locate(&documents, ObjectId(n));
        assert_eq!(at(0), Some((0, None)));
        assert_eq!(at(1), Some((1, Some(0))));
        assert_eq!(at(2), Some((1, Some(1))));
        assert_eq!(at(3), Some((2, None)));
        assert_eq!(at(4), None);
    }
}
