//! Signatures whose two digests are of different kinds: that of the file, and that of what is signed about it.

use std::fs;
use std::process::Command;

use cms::content_info::ContentInfo;
use cms::signed_data::{SignedData, SignerInfos};
use const_oid::db::rfc5911::ID_MESSAGE_DIGEST;
use const_oid::db::rfc5912::ID_SHA_1;
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Decode, Encode};

use super::{Bench, accepted, run};

impl Bench {
    fn osslsigncode(&self, arguments: &[&str]) {
        run(Command::new("osslsigncode")
            .args(arguments)
            .current_dir(self.0.path()));
    }

    /// Signs the content of a signature once more by the same key, by way of its SHA-1 digest. The certificates have to
    /// be different ones, as the crate cms reads them.
    fn sign_again_with_sha1(&self, input: &str, output: &str, by: &str) {
        self.osslsigncode(&["extract-signature", "-in", input, "-out", "signature"]);
        let message = fs::read(self.file("signature")).expect("a file");
        let info = ContentInfo::from_der(&message).expect("a message");
        let mut data: SignedData = info.content.decode_as().expect("signed data");
        let mut signer = data.signer_infos.0.get(0).expect("a signer").clone();
        let content = data.encap_content_info.econtent.as_ref();
        let digest = self.digest(content.expect("a content").value(), "sha1");
        let digest = OctetString::new(digest).expect("a digest");
        let attributes = signer.signed_attrs.as_ref().expect("attributes");
        let mut attributes: Vec<_> = attributes.iter().cloned().collect();
        for attribute in &mut attributes {
            if attribute.oid == ID_MESSAGE_DIGEST {
                let value = Any::encode_from(&digest).expect("DER");
                attribute.values = SetOfVec::try_from(vec![value]).expect("one value");
            }
        }
        let attributes = SetOfVec::try_from(attributes).expect("attributes");
        fs::write(self.file("attributes"), attributes.to_der().expect("DER")).expect("a file");
        let key = format!("{by}.key");
        self.openssl(&[
            "dgst",
            "-sha1",
            "-sign",
            &key,
            "-out",
            "value",
            "attributes",
        ]);
        let value = fs::read(self.file("value")).expect("a file");
        signer.digest_alg.oid = ID_SHA_1;
        signer.signed_attrs = Some(attributes);
        signer.signature = OctetString::new(value).expect("a signature");
        data.digest_algorithms = SetOfVec::try_from(vec![signer.digest_alg.clone()]).expect("one");
        data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).expect("one"));
        let info = ContentInfo {
            content: Any::encode_from(&data).expect("DER"),
            ..info
        };
        fs::write(self.file("signature"), info.to_der().expect("DER")).expect("a file");
        self.osslsigncode(&[
            "attach-signature",
            "-sigin",
            "signature",
            "-CAfile",
            "root.pem",
            "-in",
            "unsigned.dll",
            "-out",
            output,
        ]);
    }
}

#[test]
fn a_weak_digest_of_what_is_signed_is_as_weak_as_one_of_the_file() {
    let Some(bench) = Bench::new() else { return };
    bench.sign("unsigned.dll", "good.dll", "good", &["-h", "sha256"]);
    bench.sign_again_with_sha1("good.dll", "mixed.dll", "good");
    assert!(bench.osslsigncode_accepts("mixed.dll", "root.pem"));
    let (good, said) = accepted(&bench.inspect("mixed.dll", Some("root.pem")));
    assert!(
        good && said.contains(r#""digest":"SHA-256""#) && said.contains("SHA-1 is weak"),
        "{said}"
    );
    assert_eq!(bench.signature_code("mixed.dll", "root.pem"), Some(1));
}
