//! A page without a browser, and clusters named after what is in them.

// Each test binary uses its own part of this.
#![allow(dead_code)]

use player::frames::Frame;
use player::{Action, Engine, Kind, LabEngine, Play, Session, update};

/// A session and the engine that answers it.
pub struct Page {
    pub session: Session,
    engine: LabEngine,
}

impl Page {
    pub fn open(text: &str) -> Page {
        let (session, requests) = Session::new(text.into());
        Page::resume(session, requests)
    }

    /// A page in this state, its requests answered in order.
    pub fn resume(session: Session, requests: Vec<player::Request>) -> Page {
        let mut page = Page {
            session,
            engine: LabEngine::default(),
        };
        for request in requests {
            let answer = page.engine.answer(request);
            page.act(Action::Answered(answer.into()));
        }
        page
    }

    pub fn act(&mut self, action: Action) {
        let (session, requests) = update(&self.session, action);
        self.session = session;
        for request in requests {
            let answer = self.engine.answer(request);
            self.act(Action::Answered(answer.into()));
        }
    }

    pub fn answer(&mut self, request: &player::Request) -> player::Answer {
        self.engine.answer(request.clone())
    }

    pub fn play(&self) -> &Play {
        self.session.play.as_ref().expect("a walk is on screen")
    }

    pub fn frame(&self) -> &Frame {
        self.session.frame().expect("a walk is on screen")
    }

    pub fn kinds(&self) -> Vec<Kind> {
        self.play().frames.iter().map(|f| f.kind).collect()
    }

    /// The first destination whose name begins so.
    pub fn destination(&self, name: &str) -> String {
        let loaded = self.session.loaded.as_ref().expect("a cluster is loaded");
        loaded
            .choices
            .to
            .iter()
            .flat_map(|g| &g.choices)
            .find(|c| c.label.starts_with(name))
            .expect("there is one")
            .value
            .clone()
    }
}

/// Five pods behind a NodePort, and a Service that selects nobody.
pub fn node_port() -> &'static str {
    "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: c
          image: x
          ports: [{containerPort: 80, name: http}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports:
    - {name: http, port: 80, targetPort: http, nodePort: 30080}
---
apiVersion: v1
kind: Service
metadata: {name: zempty, namespace: shop}
spec:
  selector: {app: nobody}
  ports:
    - {port: 80}
---
apiVersion: v1
kind: Service
metadata: {name: empty, namespace: shop}
spec:
  selector: {app: nobody}
  ports:
    - {port: 80}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: shop}
spec:
  containers: [{name: c, image: x}]
"
}

/// Five pods behind a Service with ClientIP affinity, three hours of it by default.
pub fn affinity() -> &'static str {
    "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 5
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: x, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  sessionAffinity: ClientIP
  selector: {app: web}
  ports: [{port: 80}]
"
}

/// Two pods behind an IPv6 NodePort on three nodes.
pub fn v6_node_port() -> &'static str {
    r#"
apiVersion: v1
kind: Node
metadata: {name: worker-a}
spec: {podCIDR: "fd00:10:244:1::/64", podCIDRs: ["fd00:10:244:1::/64"]}
status: {addresses: [{type: InternalIP, address: "fd00:192:168::11"}]}
---
apiVersion: v1
kind: Node
metadata: {name: worker-b}
spec: {podCIDR: "fd00:10:244:2::/64", podCIDRs: ["fd00:10:244:2::/64"]}
status: {addresses: [{type: InternalIP, address: "fd00:192:168::12"}]}
---
apiVersion: v1
kind: Node
metadata: {name: worker-c}
spec: {podCIDR: "fd00:10:244:3::/64", podCIDRs: ["fd00:10:244:3::/64"]}
status: {addresses: [{type: InternalIP, address: "fd00:192:168::13"}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: x, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: default}
spec:
  type: NodePort
  ipFamilies: [IPv6]
  clusterIPs: ["fd00:10:96::50"]
  clusterIP: "fd00:10:96::50"
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
"#
}

/// Both pages show the same moment of the same walk of the same cluster, and the later one stands still.
#[track_caller]
pub fn same(before: &Page, after: &Page) {
    let told = |page: &Page| -> Vec<String> {
        let frames = &page.play().frames;
        frames.iter().map(|f| f.caption.text()).collect()
    };
    assert_eq!(told(after), told(before));
    assert_eq!(after.session.cursor, before.session.cursor);
    assert_eq!(after.session.question, before.session.question);
    assert_eq!(after.session.talk, before.session.talk);
    assert_eq!(after.session.settings, before.session.settings);
    assert_eq!(after.session.by_hand, before.session.by_hand);
    assert_eq!(after.session.editor.text(), before.session.editor.text());
    assert!(!after.session.playing);
    assert!(after.session.is_settled());
}
