use super::*;

fn parse(text: &str) -> ReceiverUrl {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The first and the last address of every network that is not public, and the ones beside them that are.
#[test]
fn special_purpose_addresses_end_where_the_registry_says() {
    let cases = [
        ("0.0.0.0", "0.255.255.255", Some("1.0.0.0")),
        ("10.0.0.0", "10.255.255.255", Some("11.0.0.0")),
        ("100.64.0.0", "100.127.255.255", Some("100.128.0.0")),
        ("127.0.0.0", "127.255.255.255", Some("128.0.0.0")),
        ("169.254.0.0", "169.254.255.255", Some("169.255.0.0")),
        ("172.16.0.0", "172.31.255.255", Some("172.32.0.0")),
        ("192.0.0.0", "192.0.0.255", Some("192.0.1.0")),
        ("192.0.2.0", "192.0.2.255", Some("192.0.3.0")),
        ("192.88.99.0", "192.88.99.255", Some("192.88.100.0")),
        ("192.168.0.0", "192.168.255.255", Some("192.169.0.0")),
        ("198.18.0.0", "198.19.255.255", Some("198.20.0.0")),
        ("198.51.100.0", "198.51.100.255", Some("198.51.101.0")),
        ("203.0.113.0", "203.0.113.255", Some("203.0.114.0")),
        ("224.0.0.0", "255.255.255.255", Some("223.255.255.255")),
        ("::", "::ffff", None),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", None),
        ("100::", "100::ffff:ffff:ffff:ffff", None),
        ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:200::")),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Some("2001:db9::")),
        ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3fff:1000::")),
        ("4000::", "5fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000::")),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("fe80::", "fe80::1", None),
        ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
    ];
    let receivers = Receivers::default();
    for (first, last, beside) in cases {
        for refused in [first, last] {
            assert!(receivers.allows(refused.parse().unwrap()).is_err(), "{refused}");
        }
        if let Some(public) = beside {
            assert_eq!(receivers.allows(public.parse().unwrap()), Ok(()), "{public}");
        }
    }
}

#[test]
fn an_embedded_address_is_judged_by_what_it_embeds() {
    let receivers = Receivers::default();
    for refused in [
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:808:808::1",
    ] {
        assert!(receivers.allows(refused.parse().unwrap()).is_err(), "{refused}");
    }
    for public in ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2606:4700::1111"] {
        assert_eq!(receivers.allows(public.parse().unwrap()), Ok(()), "{public}");
    }
}

#[test]
fn an_allowed_network_passes_and_its_neighbours_do_not() {
    let receivers: Receivers =
        serde_json::from_str(r#"{"networks": ["10.1.0.0/16", "fd00:1::/32"], "http": true}"#).unwrap();
    for allowed in ["10.1.0.1", "::ffff:10.1.0.1", "fd00:1::5", "8.8.8.8"] {
        assert_eq!(receivers.allows(allowed.parse().unwrap()), Ok(()), "{allowed}");
    }
    for refused in ["10.2.0.1", "fd00:2::5", "127.0.0.1", "64:ff9b::10.1.0.1"] {
        assert!(receivers.allows(refused.parse().unwrap()).is_err(), "{refused}");
    }
    assert_eq!(receivers.check(&parse("http://example.com/")), Ok(()));
    assert!(serde_json::from_str::<Receivers>(r#"{"network": []}"#).is_err());
}

/// Spellings of addresses that are not public: each is either no URL, or read as the address that it means.
#[test]
fn no_spelling_of_a_private_address_passes() {
    let hosts = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0x7F.0x0.0x0.0x1",
        "017700000001",
        "0177.0.0.1",
        "0177.0.0.01",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "0x0",
        "00",
        "%31%32%37.0.0.1",
        "127%2e0%2e0%2e1",
        "１２７.０.０.１",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "10.0.0.1",
        "012.0.0.1",
        "0xa.1",
        "10.1",
        "172.16.0.1",
        "192.168.1.1",
        "0xc0.0xa8.1.1",
        "192.168.257",
        "100.64.0.1",
        "168.63.129.16",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "4294967295",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[100::1]",
        "[5f00::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "ｌｏｃａｌｈｏｓｔ",
        "%6cocalhost",
        "lo\tcalhost",
        "[fe80::1%25eth0]",
        "256.256.256.256",
        "1.2.3.4.5",
        "0x100000000",
        "127.0.0.1 ",
    ];
    let receivers = Receivers { http: true, ..Receivers::default() };
    for host in hosts {
        for scheme in ["http", "https"] {
            let text = format!("{scheme}://{host}/hook");
            let passes = text.parse().is_ok_and(|url| receivers.check(&url).is_ok());
            assert!(!passes, "{text}");
        }
    }
}

#[test]
fn a_receivers_url_is_absolute_encrypted_and_holds_no_password() {
    let refused = [
        ("hook", RefusedReceiver::Malformed(url::ParseError::RelativeUrlWithoutBase)),
        ("ftp://example.com/", RefusedReceiver::Scheme),
        ("file:///etc/passwd", RefusedReceiver::Scheme),
        ("gopher://example.com/", RefusedReceiver::Scheme),
        ("https://user@example.com/", RefusedReceiver::UserInfo),
        ("https://:secret@example.com/", RefusedReceiver::UserInfo),
        ("https://example.com@127.0.0.1/", RefusedReceiver::UserInfo),
        ("https://example.com/#x", RefusedReceiver::Fragment),
    ];
    for (text, reason) in refused {
        assert_eq!(text.parse::<ReceiverUrl>(), Err(reason), "{text}");
    }
    let long = format!("https://example.com/{}", "x".repeat(LONGEST));
    assert_eq!(long.parse::<ReceiverUrl>(), Err(RefusedReceiver::Long));
    let grows = format!("https://example.com/{}", "ä".repeat(LONGEST / 3));
    assert_eq!(grows.parse::<ReceiverUrl>(), Err(RefusedReceiver::Long));
    let receivers = Receivers::default();
    assert_eq!(receivers.check(&parse("http://example.com/")), Err(RefusedReceiver::Unencrypted));
    assert_eq!(receivers.check(&parse("https://example.com:8443/a?b=c")), Ok(()));
    assert_eq!(receivers.check(&parse("https://8.8.8.8/")), Ok(()));
}

#[test]
fn what_is_printed_of_a_url_for_a_log_holds_no_path() {
    let url = parse("https://example.com:8443/token-in-the-path?key=value");
    assert_eq!(format!("{url:?}"), "https://example.com:8443…");
    let text = serde_json::to_string(&url).unwrap();
    assert_eq!(serde_json::from_str::<ReceiverUrl>(&text).unwrap(), url);
}
