//! Going elsewhere: `kubectl exec` into a pod, `ssh` to a node, for one command or to stay.

use crate::answer::{Answer, Failed};
use crate::shell::Command;
use crate::{Console, Place, kubectl};

impl Console {
    /// `kubectl exec [-it] POD [-n NAMESPACE] -- COMMAND`
    pub(crate) fn exec(&mut self, args: &[String], answer: &mut Answer) -> Result<String, Failed> {
        let (place, inner) = kubectl::exec(&self.lab, args)?;
        self.within(place, inner, answer)
    }

    /// `ssh NODE [COMMAND]`
    pub(crate) fn ssh(&mut self, args: &[String], answer: &mut Answer) -> Result<String, Failed> {
        let rest: Vec<&String> = args.iter().filter(|a| !a.starts_with('-')).collect();
        let Some((host, inner)) = rest.split_first() else {
            return Err(Failed::new(255, "usage: ssh NODE [COMMAND]"));
        };
        let name = host.rsplit('@').next().unwrap_or(host);
        let cluster = self.lab.cluster();
        let node = cluster
            .nodes
            .iter()
            .find(|n| n.name == name || n.internal_ips.iter().any(|ip| ip.to_string() == name));
        let Some(node) = node else {
            let names = cluster.nodes.iter().map(|n| n.name.clone());
            let names: Vec<String> = names.take(8).collect();
            return Err(Failed::new(
                255,
                format!(
                    "ssh: Could not resolve hostname {name}: Name or service not known\n# The nodes are {}.",
                    names.join(", ")
                ),
            ));
        };
        let place = Place::Node(node.name.clone());
        let inner = inner.iter().map(|w| (*w).clone()).collect();
        self.within(place, inner, answer)
    }

    /// Runs a command at another place, or goes there where there is none, or a shell.
    fn within(
        &mut self,
        place: Place,
        words: Vec<String>,
        answer: &mut Answer,
    ) -> Result<String, Failed> {
        let shell = matches!(
            words.first().map(String::as_str),
            None | Some("sh" | "bash" | "/bin/sh" | "/bin/bash" | "ash")
        );
        let back = std::mem::replace(&mut self.place, place);
        match (shell, words.get(1).map(String::as_str), words.get(2)) {
            (true, None, _) => {
                self.left.push(back);
                Ok(String::new())
            }
            (true, Some("-c"), Some(line)) => {
                let inner = self.run(line);
                self.place = back;
                answer.trips.extend(inner.trips);
                answer.text = inner.text.or(answer.text.take());
                answer.rules = inner.rules.or(answer.rules.take());
                answer.table = inner.table.or(answer.table);
                match inner.status {
                    0 => {
                        answer.errors.push_str(&inner.errors);
                        Ok(inner.out)
                    }
                    status => Err(Failed::after(status, inner.out, inner.errors)),
                }
            }
            _ => {
                let command = Command {
                    words,
                    ..Command::default()
                };
                let done = self.one(&command, answer);
                self.place = back;
                done
            }
        }
    }
}
