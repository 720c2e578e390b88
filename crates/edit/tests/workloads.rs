//! What `kubectl scale` and `kubectl delete pod` come to in a manifest.

use cluster::{ClusterState, ObjectId, Plan, Source};

fn load(text: &str) -> ClusterState {
    let source = Source {
        name: "test".into(),
        text: text.into(),
    };
    cluster::load(&[source], &Plan::default()).0
}

fn demo() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    std::fs::read_to_string(path).expect("the demo is there")
}

fn deployment(cluster: &ClusterState) -> ObjectId {
    let objects = &cluster.origins.objects;
    let at = objects.iter().position(|o| o.kind == "Deployment");
    ObjectId(at.expect("the demo has a Deployment"))
}

fn pods(cluster: &ClusterState) -> Vec<&str> {
    let own = edit::pods_of(cluster, deployment(cluster));
    own.iter().map(|p| p.name.as_str()).collect()
}

fn scaled(text: &str, replicas: i64) -> String {
    let cluster = load(text);
    let changes = edit::scale(&cluster, deployment(&cluster), replicas);
    edit::apply(text, &changes)
        .expect("the text can be changed")
        .text
}

#[test]
fn a_workload_has_the_pods_that_it_selects() {
    let cluster = load(&demo());
    assert_eq!(
        pods(&cluster),
        [
            "demo-5f7b8c9d64-2vhkn",
            "demo-5f7b8c9d64-8xqtz",
            "demo-5f7b8c9d64-m4cwl"
        ]
    );
}

#[test]
fn scaling_down_takes_the_last_written_pods_away() {
    let cluster = load(&scaled(&demo(), 1));
    assert_eq!(pods(&cluster), ["demo-5f7b8c9d64-2vhkn"]);
    assert_eq!(pods(&load(&scaled(&demo(), 0))), Vec::<&str>::new());
}

#[test]
fn scaling_up_keeps_what_is_there() {
    let cluster = load(&scaled(&demo(), 5));
    assert_eq!(pods(&cluster).len(), 5);
    assert!(pods(&cluster).contains(&"demo-5f7b8c9d64-m4cwl"));
}

#[test]
fn a_deleted_pod_is_replaced() {
    let text = demo();
    let cluster = load(&text);
    let pod = cluster
        .pod("demo", "demo-5f7b8c9d64-8xqtz")
        .expect("the demo has it");
    let changes = edit::delete_pod(&cluster, pod);
    let after = load(
        &edit::apply(&text, &changes)
            .expect("the text can be changed")
            .text,
    );
    assert_eq!(pods(&after).len(), 3);
    assert!(!pods(&after).contains(&"demo-5f7b8c9d64-8xqtz"));
}
