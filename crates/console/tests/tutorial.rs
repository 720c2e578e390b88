//! A tutorial, typed as a learner would.

use console::Console;
use expect_test::{Expect, expect};
use lab::{Companion, Options, Source};

fn console() -> Console {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    let source = Source {
        name: "demo.yaml".into(),
        text: std::fs::read_to_string(path)
            .expect("the demo is there")
            .into(),
    };
    let options = Options {
        companions: Companion::ALL.to_vec(),
        ..Options::default()
    };
    Console::new(vec![source], options, 1)
}

/// Types lines one after the other and compares what stands on the screen then.
fn check(lines: &[&str], expected: Expect) {
    let mut console = console();
    let mut screen = String::new();
    for line in lines {
        screen.push_str(&format!("{} {line}\n", console.place().prompt()));
        let answer = console.run(line);
        screen.push_str(&answer.out);
        screen.push_str(&answer.errors);
    }
    expected.assert_eq(&screen);
}

#[test]
fn from_a_service_to_its_endpoints() {
    check(
        &[
            "sudo iptables -t nat -L KUBE-SERVICES -n | grep demo-cluster-ip-svc",
            "sudo iptables -t nat -L KUBE-SVC-P7QE5OVRKZMQ43FN -n",
            "sudo iptables -t nat -S KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "sudo iptables-save | grep -c KUBE-SEP",
        ],
        expect![[r#"
            root@pi-cp:~# sudo iptables -t nat -L KUBE-SERVICES -n | grep demo-cluster-ip-svc
            KUBE-SVC-P7QE5OVRKZMQ43FN  tcp  --  0.0.0.0/0            10.43.169.48         /* demo/demo-cluster-ip-svc cluster IP */ tcp dpt:8711
            root@pi-cp:~# sudo iptables -t nat -L KUBE-SVC-P7QE5OVRKZMQ43FN -n
            Chain KUBE-SVC-P7QE5OVRKZMQ43FN (1 references)
            target     prot opt source               destination         
            KUBE-MARK-MASQ  tcp  -- !10.42.0.0/16         10.43.169.48         /* demo/demo-cluster-ip-svc cluster IP */ tcp dpt:8711
            KUBE-SEP-5GSOMUMCTEFLXZNQ  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.1.16:8080 */ statistic mode random probability 0.33333333349
            KUBE-SEP-YDSBTQTOO7DVNDMV  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.2.22:8080 */ statistic mode random probability 0.50000000000
            KUBE-SEP-3DAK6EL2JD2M5WTS  all  --  0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.5.23:8080 */
            root@pi-cp:~# sudo iptables -t nat -S KUBE-SEP-5GSOMUMCTEFLXZNQ
            -N KUBE-SEP-5GSOMUMCTEFLXZNQ
            -A KUBE-SEP-5GSOMUMCTEFLXZNQ -s 10.42.1.16/32 -m comment --comment "demo/demo-cluster-ip-svc" -j KUBE-MARK-MASQ
            -A KUBE-SEP-5GSOMUMCTEFLXZNQ -p tcp -m comment --comment "demo/demo-cluster-ip-svc" -m tcp -j DNAT --to-destination 10.42.1.16:8080
            root@pi-cp:~# sudo iptables-save | grep -c KUBE-SEP
            12
        "#]],
    );
}

#[test]
fn a_connection_and_what_remembers_it() {
    check(
        &[
            "curl 10.43.169.48:8711",
            "sudo conntrack -L",
            "sudo iptables -t nat -nvL KUBE-SVC-P7QE5OVRKZMQ43FN",
            "sudo conntrack -D -p tcp --dport 8711",
            "sudo conntrack -L",
        ],
        expect![[r#"
            root@pi-cp:~# curl 10.43.169.48:8711
            # pod demo/demo-5f7b8c9d64-2vhkn answers. It saw the client as 192.168.7.10. What it says is its own affair.
            root@pi-cp:~# sudo conntrack -L
            tcp      6 120 TIME_WAIT src=192.168.7.10 dst=10.43.169.48 sport=47042 dport=8711 src=10.42.1.16 dst=192.168.7.10 sport=8080 dport=64565 [ASSURED] mark=0 use=1
            conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.
            root@pi-cp:~# sudo iptables -t nat -nvL KUBE-SVC-P7QE5OVRKZMQ43FN
            Chain KUBE-SVC-P7QE5OVRKZMQ43FN (1 references)
             pkts bytes target     prot opt in     out     source               destination         
                1    60 KUBE-MARK-MASQ  tcp  --  *      *      !10.42.0.0/16         10.43.169.48         /* demo/demo-cluster-ip-svc cluster IP */ tcp dpt:8711
                1    60 KUBE-SEP-5GSOMUMCTEFLXZNQ  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.1.16:8080 */ statistic mode random probability 0.33333333349
                0     0 KUBE-SEP-YDSBTQTOO7DVNDMV  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.2.22:8080 */ statistic mode random probability 0.50000000000
                0     0 KUBE-SEP-3DAK6EL2JD2M5WTS  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* demo/demo-cluster-ip-svc -> 10.42.5.23:8080 */
            root@pi-cp:~# sudo conntrack -D -p tcp --dport 8711
            tcp      6 120 TIME_WAIT src=192.168.7.10 dst=10.43.169.48 sport=47042 dport=8711 src=10.42.1.16 dst=192.168.7.10 sport=8080 dport=64565 [ASSURED] mark=0 use=1
            conntrack v1.4.7 (conntrack-tools): 1 flow entries have been deleted.
            root@pi-cp:~# sudo conntrack -L
            conntrack v1.4.7 (conntrack-tools): 0 flow entries have been shown.
        "#]],
    );
}

#[test]
fn the_cluster() {
    check(
        &[
            "kubectl get nodes,pods,svc,endpointslices -A -o wide",
            "kubectl get pods",
            "kubectl get svc -n demo --no-headers",
            "kubectl get pod demo-5f7b8c9d64-2vhkm -n demo",
            "kubectl get po -n demo -l app=demo -o name",
        ],
        expect![[r#"
            root@pi-cp:~# kubectl get nodes,pods,svc,endpointslices -A -o wide
            NAME         STATUS   ROLES    AGE         VERSION   INTERNAL-IP    EXTERNAL-IP
            node/pi-cp   Ready    <none>   <unknown>             192.168.7.10   <none>
            node/pi-w1   Ready    <none>   <unknown>             192.168.7.11   <none>
            node/pi-w2   Ready    <none>   <unknown>             192.168.7.12   <none>
            node/pi-w5   Ready    <none>   <unknown>             192.168.7.15   <none>

            NAMESPACE   NAME                        READY   STATUS    RESTARTS   AGE         IP           NODE    NOMINATED NODE   READINESS GATES
            demo        pod/client                  1/1     Running   0          <unknown>   10.42.1.50   pi-w1   <none>           <none>
            demo        pod/demo-5f7b8c9d64-2vhkn   1/1     Running   0          <unknown>   10.42.1.16   pi-w1   <none>           <none>
            demo        pod/demo-5f7b8c9d64-8xqtz   1/1     Running   0          <unknown>   10.42.2.22   pi-w2   <none>           <none>
            demo        pod/demo-5f7b8c9d64-m4cwl   1/1     Running   0          <unknown>   10.42.5.23   pi-w5   <none>           <none>

            NAMESPACE   NAME                          TYPE        CLUSTER-IP     EXTERNAL-IP   PORT(S)    AGE         SELECTOR
            demo        service/demo-cluster-ip-svc   ClusterIP   10.43.169.48   <none>        8711/TCP   <unknown>   app=demo

            NAMESPACE   NAME                                                       ADDRESSTYPE   PORTS   ENDPOINTS                          AGE
            demo        endpointslice.discovery.k8s.io/demo-cluster-ip-svc-qtfnz   IPv4          8080    10.42.1.16,10.42.2.22,10.42.5.23   <unknown>
            root@pi-cp:~# kubectl get pods
            No resources found in default namespace.
            # -A asks in all namespaces.
            root@pi-cp:~# kubectl get svc -n demo --no-headers
            demo-cluster-ip-svc   ClusterIP   10.43.169.48   <none>   8711/TCP   <unknown>
            root@pi-cp:~# kubectl get pod demo-5f7b8c9d64-2vhkm -n demo
            Error from server (NotFound): pods "demo-5f7b8c9d64-2vhkm" not found
            # demo-5f7b8c9d64-2vhkn comes closest.
            root@pi-cp:~# kubectl get po -n demo -l app=demo -o name
            pod/demo-5f7b8c9d64-2vhkn
            pod/demo-5f7b8c9d64-8xqtz
            pod/demo-5f7b8c9d64-m4cwl
        "#]],
    );
}

#[test]
fn changes_and_back() {
    check(
        &[
            "kubectl scale deployment demo -n demo --replicas=2",
            "iptables -t nat -S KUBE-SVC-P7QE5OVRKZMQ43FN",
            "kubectl delete pod demo-5f7b8c9d64-2vhkn -n demo",
            "kubectl get endpoints -n demo",
            "undo",
            "undo",
            "kubectl get deploy -A",
            "undo",
        ],
        expect![[r#"
            root@pi-cp:~# kubectl scale deployment demo -n demo --replicas=2
            deployment.apps/demo scaled
            root@pi-cp:~# iptables -t nat -S KUBE-SVC-P7QE5OVRKZMQ43FN
            -N KUBE-SVC-P7QE5OVRKZMQ43FN
            -A KUBE-SVC-P7QE5OVRKZMQ43FN ! -s 10.42.0.0/16 -d 10.43.169.48/32 -p tcp -m comment --comment "demo/demo-cluster-ip-svc cluster IP" -m tcp --dport 8711 -j KUBE-MARK-MASQ
            -A KUBE-SVC-P7QE5OVRKZMQ43FN -m comment --comment "demo/demo-cluster-ip-svc -> 10.42.1.16:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-5GSOMUMCTEFLXZNQ
            -A KUBE-SVC-P7QE5OVRKZMQ43FN -m comment --comment "demo/demo-cluster-ip-svc -> 10.42.2.22:8080" -j KUBE-SEP-YDSBTQTOO7DVNDMV
            root@pi-cp:~# kubectl delete pod demo-5f7b8c9d64-2vhkn -n demo
            pod "demo-5f7b8c9d64-2vhkn" deleted from demo namespace
            root@pi-cp:~# kubectl get endpoints -n demo
            NAME                  ENDPOINTS                        AGE
            demo-cluster-ip-svc   10.42.2.22:8080,10.42.0.2:8080   <unknown>
            root@pi-cp:~# undo
            taken back: kubectl delete pod demo-5f7b8c9d64-2vhkn -n demo
            root@pi-cp:~# undo
            taken back: kubectl scale deployment demo -n demo --replicas=2
            root@pi-cp:~# kubectl get deploy -A
            NAMESPACE   NAME   READY   UP-TO-DATE   AVAILABLE   AGE
            demo        demo   3/3     3            3           <unknown>
            root@pi-cp:~# undo
            undo: nothing was changed
        "#]],
    );
}

#[test]
fn breaking_and_mending() {
    check(
        &[
            "iptables -A OUTPUT -p tcp --dport 8711 -j DROP",
            "curl -m 3 10.43.169.48:8711",
            "iptables -t nat -I OUTPUT -d 10.43.169.48 -j RETURN",
            "iptables -t nat -L OUTPUT -n --line-numbers",
            "curl 10.43.169.48:8711",
            "undo; undo",
            "curl 10.43.169.48:8711",
            "iptables -P FORWARD DROP",
            "iptables -S FORWARD 1",
            "iptables -S FORWARD | head -1",
        ],
        expect![[r#"
            root@pi-cp:~# iptables -A OUTPUT -p tcp --dport 8711 -j DROP
            root@pi-cp:~# curl -m 3 10.43.169.48:8711
            # pod demo/demo-5f7b8c9d64-2vhkn answers. It saw the client as 192.168.7.10. What it says is its own affair.
            root@pi-cp:~# iptables -t nat -I OUTPUT -d 10.43.169.48 -j RETURN
            root@pi-cp:~# iptables -t nat -L OUTPUT -n --line-numbers
            Chain OUTPUT (policy ACCEPT)
            num  target     prot opt source               destination         
            1    RETURN     all  --  0.0.0.0/0            10.43.169.48        
            2    KUBE-SERVICES  all  --  0.0.0.0/0            0.0.0.0/0            /* kubernetes service portals */
            root@pi-cp:~# curl 10.43.169.48:8711
            curl: (28) Failed to connect to 10.43.169.48 port 8711 after 134 s: Connection timed out
            root@pi-cp:~# undo; undo
            taken back: iptables -t nat -I OUTPUT -d 10.43.169.48 -j RETURN
            taken back: iptables -A OUTPUT -p tcp --dport 8711 -j DROP
            root@pi-cp:~# curl 10.43.169.48:8711
            # pod demo/demo-5f7b8c9d64-2vhkn answers. It saw the client as 192.168.7.10. What it says is its own affair.
            root@pi-cp:~# iptables -P FORWARD DROP
            root@pi-cp:~# iptables -S FORWARD 1
            -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL
            root@pi-cp:~# iptables -S FORWARD | head -1
            -P FORWARD DROP
        "#]],
    );
}

#[test]
fn from_inside_a_pod() {
    check(
        &[
            "kubectl exec -it -n demo deploy/demo -- sh",
            "curl demo-cluster-ip-svc:8711",
            "ping -c 2 10.42.5.23",
            "ping 10.43.169.48",
            "nc -vz demo-cluster-ip-svc.demo 8711",
            "nc -u 10.42.5.23 8080",
            "dig +short demo-cluster-ip-svc.demo.svc.cluster.local",
            "dig demo-cluster-ip-svc",
            "nslookup demo-cluster-ip-svc",
            "iptables -L",
            "exit",
            "curl demo-cluster-ip-svc:8711",
        ],
        expect![[r#"
            root@pi-cp:~# kubectl exec -it -n demo deploy/demo -- sh
            demo-5f7b8c9d64-2vhkn:/# curl demo-cluster-ip-svc:8711
            # pod demo/demo-5f7b8c9d64-2vhkn answers. It saw the client as 10.42.1.1. What it says is its own affair.
            demo-5f7b8c9d64-2vhkn:/# ping -c 2 10.42.5.23
            PING 10.42.5.23 (10.42.5.23) 56(84) bytes of data.
            64 bytes from 10.42.5.23: icmp_seq=1 ttl=62
            64 bytes from 10.42.5.23: icmp_seq=2 ttl=62

            --- 10.42.5.23 ping statistics ---
            2 packets transmitted, 2 received, 0% packet loss
            demo-5f7b8c9d64-2vhkn:/# ping 10.43.169.48
            PING 10.43.169.48 (10.43.169.48) 56(84) bytes of data.

            --- 10.43.169.48 ping statistics ---
            1 packets transmitted, 0 received, 100% packet loss
            demo-5f7b8c9d64-2vhkn:/# nc -vz demo-cluster-ip-svc.demo 8711
            Connection to 10.43.169.48 8711 port [tcp/*] succeeded!
            demo-5f7b8c9d64-2vhkn:/# nc -u 10.42.5.23 8080
            nc: connect to 10.42.5.23 port 8080 (udp) failed: Connection refused
            demo-5f7b8c9d64-2vhkn:/# dig +short demo-cluster-ip-svc.demo.svc.cluster.local
            10.43.169.48
            demo-5f7b8c9d64-2vhkn:/# dig demo-cluster-ip-svc
            ;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN
            # dig does not search; write demo-cluster-ip-svc.demo.svc.cluster.local.
            demo-5f7b8c9d64-2vhkn:/# nslookup demo-cluster-ip-svc
            Name:	demo-cluster-ip-svc.demo.svc.cluster.local
            Address: 10.43.169.48
            demo-5f7b8c9d64-2vhkn:/# iptables -L
            iptables: not found
            # kube-proxy writes no rules in a pod's own namespace. Go to its node: ssh pi-w1
            demo-5f7b8c9d64-2vhkn:/# exit
            root@pi-cp:~# curl demo-cluster-ip-svc:8711
            curl: (6) Could not resolve host: demo-cluster-ip-svc
            # A node's own resolver knows no cluster names; write 10.43.169.48, or ask from a pod.
        "#]],
    );
}

#[test]
fn what_is_not_known_is_said() {
    check(
        &[
            "iptabels -L",
            "tcpdump -i any",
            "frobnicate",
            "kubectl describe svc",
            "kubectl get podz",
            "iptables -t nat -L KUBE-SERVCES",
            "iptables -L KUBE-MARK-MASQ",
            "sysctl net.ipv4.ip_forwrd",
            "grep demo",
            "echo $HOME",
            "exit",
            "ssh pi-w9",
        ],
        expect![[r#"
            root@pi-cp:~# iptabels -L
            iptabels: command not found
            # This console does not know iptabels. iptables comes closest; help lists all.
            root@pi-cp:~# tcpdump -i any
            tcpdump: command not found
            # This console does not know tcpdump. Send the packet with curl, and open it: every hook is shown.
            root@pi-cp:~# frobnicate
            frobnicate: command not found
            # This console does not know frobnicate. help lists what is known here.
            root@pi-cp:~# kubectl describe svc
            kubectl: describe is not known here; get with -o wide comes closest
            root@pi-cp:~# kubectl get podz
            error: the server doesn't have a resource type "podz"
            # pods comes closest.
            root@pi-cp:~# iptables -t nat -L KUBE-SERVCES
            iptables v1.8.9 (nf_tables): chain `KUBE-SERVCES' in table `nat' is incompatible, use 'nft' tool.
            # Table nat has no such chain; KUBE-SERVICES comes closest.
            root@pi-cp:~# iptables -L KUBE-MARK-MASQ
            iptables v1.8.9 (nf_tables): chain `KUBE-MARK-MASQ' in table `filter' is incompatible, use 'nft' tool.
            # The chain is in -t nat.
            root@pi-cp:~# sysctl net.ipv4.ip_forwrd
            sysctl: cannot stat /proc/sys/net/ipv4/ip_forwrd: No such file or directory
            # net.ipv4.ip_forward comes closest.
            root@pi-cp:~# grep demo
            grep: nothing is piped in; put a command and | before it
            root@pi-cp:~# echo $HOME
            there are no variables and no command substitution here; write the value itself
            root@pi-cp:~# exit
            exit: this is where you began
            root@pi-cp:~# ssh pi-w9
            ssh: Could not resolve hostname pi-w9: Name or service not known
            # The nodes are pi-cp, pi-w1, pi-w2, pi-w5.
        "#]],
    );
}

#[test]
fn sysctls_change_the_way() {
    check(
        &[
            "ssh pi-w1",
            "sysctl net.ipv4.ip_forward",
            "sysctl -w net.ipv4.ip_forward=0",
            "kubectl exec -n demo client -- curl -m 1 10.42.5.23:8080",
            "undo",
            "kubectl exec -n demo client -- curl -m 1 10.42.5.23:8080",
            "sysctl -n net.ipv4.ip_forward",
        ],
        expect![[r#"
            root@pi-cp:~# ssh pi-w1
            root@pi-w1:~# sysctl net.ipv4.ip_forward
            net.ipv4.ip_forward = 1
            root@pi-w1:~# sysctl -w net.ipv4.ip_forward=0
            net.ipv4.ip_forward = 0
            root@pi-w1:~# kubectl exec -n demo client -- curl -m 1 10.42.5.23:8080
            curl: (28) Failed to connect to 10.42.5.23 port 8080 after 1 s: Connection timed out
            root@pi-w1:~# undo
            taken back: sysctl -w net.ipv4.ip_forward=0
            root@pi-w1:~# kubectl exec -n demo client -- curl -m 1 10.42.5.23:8080
            # pod demo/demo-5f7b8c9d64-m4cwl answers. It saw the client as 10.42.1.50. What it says is its own affair.
            root@pi-w1:~# sysctl -n net.ipv4.ip_forward
            1
        "#]],
    );
}

#[test]
fn every_packet_is_offered_for_viewing() {
    let mut console = console();
    let answer =
        console.run("curl 10.43.169.48:8711; kubectl exec -n demo client -- ping -c 2 10.42.5.23");
    let sent: Vec<String> = answer
        .trips
        .iter()
        .map(|t| format!("{} {}", t.from, t.to))
        .collect();
    assert_eq!(
        sent,
        [
            "node/pi-cp 10.43.169.48:8711",
            "pod/demo/client 10.42.5.23/icmp",
            "pod/demo/client 10.42.5.23/icmp"
        ]
    );
}

#[test]
fn completions_are_whole_words() {
    let console = console();
    let check = |line: &str, expected: &[&str]| {
        assert_eq!(console.complete(line), expected, "{line}");
    };
    check("iptables-s", &["iptables-save"]);
    check("sudo iptables -t n", &["nat"]);
    check(
        "iptables -t nat -L KUBE-SVC",
        &["KUBE-SVC-P7QE5OVRKZMQ43FN"],
    );
    check("kubectl get svc -n d", &["default", "demo"]);
    check("ssh pi-w", &["pi-w1", "pi-w2", "pi-w5"]);
    check("curl 10.43", &["10.43.169.48", "10.43.169.48:8711"]);
    check("iptables-save | gr", &["grep"]);
    check("zzz", &[]);
}

#[test]
fn nothing_typed_panics() {
    let mut console = console();
    for line in [
        "sudo",
        "sudo -E",
        "kubectl",
        "kubectl exec",
        "kubectl exec --",
        "kubectl scale",
        "kubectl scale deploy/demo --replicas=-1",
        "kubectl scale deploy/demo -n demo --replicas=99999999999999999999",
        "kubectl delete pod",
        "iptables -A",
        "iptables -t",
        "iptables -I INPUT 18446744073709551616 -j ACCEPT",
        "iptables -I INPUT 0 -j ACCEPT",
        "conntrack",
        "conntrack -D -p",
        "curl http://",
        "curl [::1",
        "curl :::",
        "curl http://[fe80::1]:99999/",
        "ping -c 99999999999 1",
        "ping ''",
        "nc 1 2 3",
        "dig",
        "sysctl =",
        "sysctl net.ipv4.ip_forward=",
        "ssh",
        "head -n 99999999999999999999999",
        "echo a | head -n -99999999999",
        "echo \u{202e}\u{0} | wc",
        "echo a | column -t -s ''",
        "echo é | grep -o ''",
        "echo é | sort -k 0",
        "kubectl exec -n demo client -- sh -c 'sh -c \"sh -c ls\"'",
    ] {
        let answer = console.run(line);
        assert!(answer.out.len() < 1 << 20, "{line}");
    }
}
