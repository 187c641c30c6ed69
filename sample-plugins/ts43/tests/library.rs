//! The built plugin, through the function of the C contract.

use sample_testing::{Answer, Library, Reply, Server};

const KIND: &str = "application/vnd.gsma.eap-relay.v1.0+json";

#[test]
fn each_call_asks_and_nothing_is_left_after_unloading() {
    let mut statuses = ["1", "0", "3", "9"].into_iter().cycle();
    let server = Server::start(move |_| {
        let status = statuses.next().unwrap_or_default();
        Reply::status(200).body(
            KIND,
            format!(r#"{{"ap7":{{"EntitlementStatus":"{status}"}}}}"#),
        )
    });
    let settings = format!(
        "url = \"{}\"\nallow_http = true\n[plugin]\napp = \"ap7\"\n",
        server.url()
    );
    let library = Library::with_settings("ts43", &settings);
    for _ in 0..2 {
        let answers = library.call(4);
        let expected = [
            Answer::Success,
            Answer::Failed,
            Answer::Failed,
            Answer::Unavailable,
        ];
        assert_eq!(answers, expected);
    }
    assert_eq!(server.requests().len(), 8);
}
