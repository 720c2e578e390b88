//! Many connections: made in parts they come out as made at once, and as the odds say.

use lab::{Ask, Dice, Lab, Memory, Options, Source};

fn web(spec: &str) -> Lab {
    let text = format!(
        "apiVersion: v1
kind: Service
metadata: {{name: web, namespace: shop}}
spec:
  type: NodePort
  selector: {{app: web}}
  ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]
{spec}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: 'web:1', ports: [{{containerPort: 8080}}]}}]}}
"
    );
    let source = Source {
        name: "web.yaml".into(),
        text: text.into(),
    };
    Lab::load(&[source], Options::default())
}

/// Parts of every size, and both sides of what is walked whatever is known.
#[track_caller]
fn parts(lab: &Lab, to: &str) {
    let ask = Ask::parse("outside", to, None).expect("reads");
    let count = 3_000;
    let whole = lab
        .send_many(&mut Memory::default(), &ask, &mut Dice::seeded(5), count)
        .expect("can be asked");
    for part in [1, 7, 256, 1_000, count] {
        let mut run = lab
            .run(Memory::default(), &ask, Dice::seeded(5))
            .expect("can be asked");
        let mut made = 0;
        while made < count {
            let now = part.min(count - made);
            made += now;
            run.go(now, count - made);
            assert_eq!(run.totals().connections, made);
        }
        assert_eq!(run.totals(), whole, "in parts of {part}");
    }
}

#[test]
fn parts_make_the_whole() {
    parts(&web(""), "node2:30080");
}

#[test]
fn parts_make_the_whole_with_affinity() {
    let lab = web("  sessionAffinity: ClientIP");
    parts(&lab, "node2:30080");
    let ask = Ask::parse("outside", "node2:30080", None).expect("reads");
    let mut run = lab
        .run(Memory::default(), &ask, Dice::seeded(5))
        .expect("can be asked");
    run.go(1_000, 0);
    assert_eq!(run.totals().endpoints.len(), 1, "one client, one endpoint");
}

#[test]
fn parts_make_the_whole_where_nobody_listens() {
    parts(&web(""), "node2:31999");
    parts(&web(""), "10.42.0.200:80");
}
