//! What a call changes and changes back is seen, however soon; what it leaves changed is not what this is about.

use ics_harness::worker::observation::Watched;
use ics_harness::worker::script::Step;

use super::support::{CALL, LOAD, Plugin, UNLOAD};

const SCRIPT: [Step; 4] = [Step::Watch, LOAD, CALL, UNLOAD];

/// Something that a plugin does for a moment.
const NOTHING: &str = "(void)0";
const OPENS: &str = "close(open(\"/dev/null\",O_RDONLY))";

/// Has a plugin do and undo something, and returns what was seen.
fn watch(act: &str, between: &str, undo: &str, more: &[&str]) -> Watched {
    let [act, between, undo] = [("ACT", act), ("BETWEEN", between), ("UNDO", undo)]
        .map(|(name, code)| format!("{name}={code}"));
    let defines = [&[act.as_str(), &between, &undo], more].concat();
    let ran = Plugin::new("briefly", &defines).finish(&SCRIPT);
    let watched: Vec<_> = ran.steps.iter().map(|step| step.watched.clone()).collect();
    assert!(watched[0].is_none() && watched[1].is_none() && watched[3].is_none());
    watched[2].clone().unwrap()
}

/// The only change that was seen.
fn seen(act: &str, between: &str, undo: &str, more: &[&str]) -> String {
    let watched = watch(act, between, undo, more);
    assert_eq!(watched.changes.len(), 1, "{watched:?}");
    watched.changes[0].clone()
}

#[test]
fn a_change_is_seen_though_the_next_system_call_undoes_it() {
    let folder = seen(
        "int was=open(\".\",O_RDONLY);chdir(\"/proc\")",
        NOTHING,
        "fchdir(was);close(was)",
        &[],
    );
    assert!(folder.starts_with("the working directory was"), "{folder}");
    assert!(folder.ends_with("\"/proc\" meanwhile"), "{folder}");
    let umask = seen("mode_t was=umask(0123)", NOTHING, "umask(was)", &[]);
    assert!(umask.ends_with("\"0123\" meanwhile"), "{umask}");
    assert_eq!(
        seen(
            "signal(SIGPIPE,SIG_IGN)",
            NOTHING,
            "signal(SIGPIPE,SIG_DFL)",
            &[]
        ),
        "the action for SIGPIPE was the default before and \"ignored\" meanwhile"
    );
}

#[test]
fn a_variable_that_is_set_while_a_file_is_opened_is_seen() {
    let change = "the variable SSL_CERT_FILE was not set before and \"/ca.pem\" meanwhile";
    let set = "setenv(\"SSL_CERT_FILE\",\"/ca.pem\",1)";
    let unset = "unsetenv(\"SSL_CERT_FILE\")";
    assert_eq!(seen(set, OPENS, unset, &[]), change);
    // The text is longer than what is read at once, and the plugin's own.
    let long =
        "static char text[9000];for(int i=0;i<8000;i++)text[i]=i?'b':'a';text[1]='=';putenv(text)";
    let long = seen(long, OPENS, "unsetenv(\"a\")", &[]);
    assert!(
        long.starts_with("the variable a was not set before and \"bbb"),
        "{long}"
    );
}

#[test]
fn a_change_by_a_thread_of_the_plugin_is_seen() {
    let seen = seen(
        "signal(SIGALRM,SIG_IGN)",
        NOTHING,
        "signal(SIGALRM,SIG_DFL)",
        &["ON_A_THREAD"],
    );
    assert!(seen.starts_with("the action for SIGALRM"), "{seen}");
}

#[test]
fn what_stays_changed_and_what_only_one_thread_has_is_not() {
    for (act, undo) in [
        ("umask(0123);chdir(\"/\")", NOTHING),
        ("signal(SIGPIPE,SIG_IGN);setenv(\"A\",\"1\",1)", NOTHING),
        (
            "sigset_t set;sigemptyset(&set);sigaddset(&set,SIGPIPE);pthread_sigmask(SIG_BLOCK,&set,0)",
            "pthread_sigmask(SIG_UNBLOCK,&set,0)",
        ),
    ] {
        let watched = watch(act, OPENS, undo, &[]);
        assert_eq!(watched.changes, [""; 0], "{act}");
        assert!(watched.looks > 0, "{act}");
    }
    // It has a working directory of its own.
    let own = "if(unshare(CLONE_FS)!=0)return 2;chdir(\"/proc\")";
    let watched = watch(own, OPENS, "chdir(\"/\")", &["ON_A_THREAD"]);
    assert_eq!(watched.changes, [""; 0]);
}

#[test]
fn the_plugin_s_threads_and_children_go_on_though_they_are_watched() {
    let children =
        "int pid=fork();if(pid==0){close(open(\"/dev/null\",O_RDONLY));_exit(0);}waitpid(pid,0,0)";
    let watched = watch(children, OPENS, NOTHING, &["ON_A_THREAD"]);
    assert_eq!(watched.changes, [""; 0]);
    assert!(watched.looks >= 2, "{watched:?}");
}
