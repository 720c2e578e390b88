//! Names of ports, as `/etc/services` gives them, for reading `--dport http` and for listings
//! without `-n`.

/// Which lines of `/etc/services` name a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    Tcp,
    Udp,
    Both,
}

/// The IANA registrations that Debian's netbase ships and that a cluster's rules meet, by port.
const SERVICES: &[(u16, &str, Over)] = {
    use Over::*;
    &[
        (1, "tcpmux", Tcp),
        (7, "echo", Both),
        (9, "discard", Both),
        (11, "systat", Tcp),
        (13, "daytime", Both),
        (15, "netstat", Tcp),
        (17, "qotd", Tcp),
        (19, "chargen", Both),
        (20, "ftp-data", Tcp),
        (21, "ftp", Tcp),
        (22, "ssh", Tcp),
        (23, "telnet", Tcp),
        (25, "smtp", Tcp),
        (37, "time", Both),
        (43, "whois", Tcp),
        (49, "tacacs", Both),
        (53, "domain", Both),
        (67, "bootps", Udp),
        (68, "bootpc", Udp),
        (69, "tftp", Udp),
        (70, "gopher", Tcp),
        (79, "finger", Tcp),
        (80, "http", Tcp),
        (88, "kerberos", Both),
        (102, "iso-tsap", Tcp),
        (104, "acr-nema", Tcp),
        (110, "pop3", Tcp),
        (111, "sunrpc", Both),
        (113, "auth", Tcp),
        (119, "nntp", Tcp),
        (123, "ntp", Udp),
        (135, "epmap", Tcp),
        (137, "netbios-ns", Udp),
        (138, "netbios-dgm", Udp),
        (139, "netbios-ssn", Tcp),
        (143, "imap2", Tcp),
        (161, "snmp", Both),
        (162, "snmp-trap", Both),
        (163, "cmip-man", Both),
        (164, "cmip-agent", Both),
        (174, "mailq", Tcp),
        (177, "xdmcp", Udp),
        (179, "bgp", Tcp),
        (199, "smux", Tcp),
        (209, "qmtp", Tcp),
        (210, "z3950", Tcp),
        (213, "ipx", Udp),
        (319, "ptp-event", Udp),
        (320, "ptp-general", Udp),
        (345, "pawserv", Tcp),
        (346, "zserv", Tcp),
        (369, "rpc2portmap", Both),
        (370, "codaauth2", Both),
        (371, "clearcase", Udp),
        (389, "ldap", Both),
        (427, "svrloc", Both),
        (443, "https", Both),
        (444, "snpp", Tcp),
        (445, "microsoft-ds", Both),
        (464, "kpasswd", Both),
        (465, "submissions", Tcp),
        (487, "saft", Tcp),
        (500, "isakmp", Udp),
        (512, "exec", Tcp),
        (513, "login", Tcp),
        (514, "shell", Tcp),
        (515, "printer", Tcp),
        (517, "talk", Udp),
        (518, "ntalk", Udp),
        (520, "route", Udp),
        (538, "gdomap", Both),
        (540, "uucp", Tcp),
        (543, "klogin", Tcp),
        (544, "kshell", Tcp),
        (546, "dhcpv6-client", Udp),
        (547, "dhcpv6-server", Udp),
        (548, "afpovertcp", Tcp),
        (554, "rtsp", Both),
        (563, "nntps", Tcp),
        (587, "submission", Tcp),
        (607, "nqs", Tcp),
        (623, "asf-rmcp", Udp),
        (628, "qmqp", Tcp),
        (631, "ipp", Tcp),
        (636, "ldaps", Both),
        (655, "tinc", Both),
        (706, "silc", Tcp),
        (749, "kerberos-adm", Tcp),
        (853, "domain-s", Both),
        (873, "rsync", Tcp),
        (989, "ftps-data", Tcp),
        (990, "ftps", Tcp),
        (992, "telnets", Tcp),
        (993, "imaps", Tcp),
        (995, "pop3s", Tcp),
        (1080, "socks", Tcp),
        (1093, "proofd", Tcp),
        (1094, "rootd", Tcp),
        (1099, "rmiregistry", Tcp),
        (1194, "openvpn", Both),
        (1352, "lotusnote", Tcp),
        (1433, "ms-sql-s", Tcp),
        (1434, "ms-sql-m", Udp),
        (1524, "ingreslock", Tcp),
        (1645, "datametrics", Both),
        (1646, "sa-msg-port", Both),
        (1649, "kermit", Tcp),
        (1677, "groupwise", Tcp),
        (1701, "l2f", Udp),
        (1812, "radius", Both),
        (1813, "radius-acct", Both),
        (2000, "cisco-sccp", Tcp),
        (2049, "nfs", Both),
        (2086, "gnunet", Both),
        (2101, "rtcm-sc104", Both),
        (2119, "gsigatekeeper", Tcp),
        (2135, "gris", Tcp),
        (2401, "cvspserver", Tcp),
        (2430, "venus", Both),
        (2431, "venus-se", Tcp),
        (2432, "codasrv", Udp),
        (2433, "codasrv-se", Tcp),
        (2583, "mon", Both),
        (2628, "dict", Tcp),
        (2792, "f5-globalsite", Tcp),
        (2811, "gsiftp", Tcp),
        (2947, "gpsd", Tcp),
        (3050, "gds-db", Tcp),
        (3130, "icpv2", Udp),
        (3205, "isns", Both),
        (3260, "iscsi-target", Tcp),
        (3306, "mysql", Tcp),
        (3389, "ms-wbt-server", Tcp),
        (3493, "nut", Both),
        (3632, "distcc", Tcp),
        (3689, "daap", Tcp),
        (3690, "svn", Tcp),
        (4031, "suucp", Tcp),
        (4094, "sysrqd", Tcp),
        (4190, "sieve", Tcp),
        (4369, "epmd", Tcp),
        (4373, "remctl", Tcp),
        (4353, "f5-iquery", Tcp),
        (4460, "ntske", Tcp),
        (4500, "ipsec-nat-t", Udp),
        (4569, "iax", Udp),
        (4691, "mtn", Tcp),
        (4899, "radmin-port", Tcp),
        (5060, "sip", Both),
        (5061, "sip-tls", Both),
        (5222, "xmpp-client", Tcp),
        (5269, "xmpp-server", Tcp),
        (5308, "cfengine", Tcp),
        (5353, "mdns", Udp),
        (5432, "postgresql", Tcp),
        (5556, "freeciv", Tcp),
        (5671, "amqps", Tcp),
        (5672, "amqp", Both),
        (6000, "x11", Tcp),
        (6379, "redis", Tcp),
        (6667, "ircd", Tcp),
        (6696, "babel", Udp),
        (8080, "http-alt", Both),
        (8140, "puppet", Tcp),
        (9102, "bacula-dir", Tcp),
        (9418, "git", Tcp),
        (9667, "xmms2", Tcp),
        (10050, "zabbix-agent", Tcp),
        (10051, "zabbix-trapper", Tcp),
        (10080, "amanda", Tcp),
        (11211, "memcached", Both),
        (11371, "hkp", Tcp),
        (17500, "db-lsp", Tcp),
        (22125, "dcap", Tcp),
        (24554, "binkp", Tcp),
        (27374, "asp", Both),
        (30865, "csync2", Tcp),
        (57176, "ggz", Tcp),
    ]
};

/// The name of a port over a protocol (6 or 17), where `/etc/services` has one.
pub(crate) fn name_of(port: u16, protocol: u8) -> Option<&'static str> {
    let fits = |over: Over| match protocol {
        6 => over != Over::Udp,
        17 => over != Over::Tcp,
        _ => false,
    };
    SERVICES
        .iter()
        .find(|(number, _, over)| *number == port && fits(*over))
        .map(|(_, name, _)| *name)
}

/// The port of a name, over whichever protocol.
pub(crate) fn port_of(name: &str) -> Option<u16> {
    SERVICES
        .iter()
        .find(|(_, known, _)| *known == name)
        .map(|(port, _, _)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_depend_on_the_protocol() {
        assert_eq!(name_of(443, 6), Some("https"));
        assert_eq!(name_of(53, 17), Some("domain"));
        assert_eq!(name_of(80, 17), None);
        assert_eq!(name_of(9999, 132), None);
        assert_eq!(port_of("http"), Some(80));
        assert_eq!(port_of("nonsense"), None);
    }
}
