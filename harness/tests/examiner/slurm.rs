//! The files of `docs/ci/slurm`, run by Slurm: two nodes on this machine, and an array of jobs over 30 plugins.

use std::fs::{self, File};
use std::io::Read;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::check::{print_line, stderr, workspace};
use crate::ci_files::Site;
use crate::prerequisites::{missing, not_shown};
use crate::several::{Plugins, report, verdicts};

/// How long daemons may take to start.
const START: Duration = Duration::from_secs(60);

/// A cluster with two nodes, n1 and n2. Its daemons end when it is dropped.
struct Cluster {
    folder: PathBuf,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts it with its files in that folder.
    fn start(folder: PathBuf) -> Self {
        for name in ["state", "spool-n1", "spool-n2"] {
            fs::create_dir_all(folder.join(name)).expect("a folder");
        }
        // Munge refuses a folder that others can write to.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
        write_key(&folder.join("munge.key"));
        fs::write(folder.join("slurm.conf"), configuration(&folder)).expect("a file");
        let mut cluster = Self {
            folder,
            daemons: Vec::new(),
        };
        let munge = ["key-file", "socket", "pid-file", "log-file", "seed-file"].map(|what| {
            format!(
                "--{what}={}/munge.{}",
                cluster.folder.display(),
                name_of(what)
            )
        });
        let munge: Vec<&str> = munge.iter().map(String::as_str).collect();
        cluster.daemon(
            "munged",
            &[&["--foreground", "--force"], &munge[..]].concat(),
        );
        cluster.wait("munge's socket", |this| {
            this.folder.join("munge.socket").exists()
        });
        cluster.daemon("slurmctld", &["-D"]);
        cluster.daemon("slurmd", &["-D", "-N", "n1"]);
        cluster.daemon("slurmd", &["-D", "-N", "n2"]);
        cluster.wait("two idle nodes", |this| {
            let mut command = this.command("sinfo");
            let output = command.args(["--noheader", "--format=%D %T"]).output();
            let output = output.expect("sinfo starts");
            String::from_utf8_lossy(&output.stdout).trim() == "2 idle"
        });
        cluster
    }

    /// A program of Slurm, for this cluster.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("SLURM_CONF", self.folder.join("slurm.conf"))
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    fn daemon(&mut self, program: &str, arguments: &[&str]) {
        let log = self
            .folder
            .join(format!("{program}-{}.out", self.daemons.len()));
        let log = File::create(log).expect("a file");
        let errors = log.try_clone().expect("a descriptor");
        let mut command = self.command(program);
        let command = command.args(arguments).stdout(log).stderr(errors);
        self.daemons
            .push(command.spawn().expect("the daemon starts"));
    }

    #[track_caller]
    fn wait(&self, what: &str, mut is_there: impl FnMut(&Self) -> bool) {
        let until = Instant::now() + START;
        while !is_there(self) {
            assert!(Instant::now() < until, "{what}: {}", self.logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What the daemons printed.
    fn logs(&self) -> String {
        let files = fs::read_dir(&self.folder).expect("a folder").flatten();
        let logs = files.filter(|file| file.path().extension().is_some_and(|it| it == "out"));
        logs.filter_map(|file| fs::read_to_string(file.path()).ok())
            .collect()
    }

    /// Submits a file of `docs/ci/slurm` from a site's folder.
    fn submit(&self, site: &Site, arguments: &[&str], file: &str) -> Output {
        self.command("sbatch")
            .args(arguments)
            .arg(workspace().join("harness/docs/ci/slurm").join(file))
            .env("PATH", &site.path)
            .env_remove("CI")
            .current_dir(site.folder.path())
            .output()
            .expect("sbatch starts")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The nodes before what they report to.
        for daemon in self.daemons.iter_mut().rev() {
            let _ = Command::new("kill").arg(daemon.id().to_string()).status();
            let _ = daemon.wait();
        }
    }
}

fn name_of(option: &str) -> &str {
    option.split('-').next().unwrap_or(option)
}

/// A random key that only its owner can read.
fn write_key(path: &Path) {
    let mut key = [0; 1024];
    let mut random = File::open("/dev/urandom").expect("random bytes");
    random.read_exact(&mut key).expect("random bytes");
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    std::io::Write::write_all(&mut file.expect("a file"), &key).expect("a key");
}

/// Three ports that nothing listens on.
fn ports() -> [u16; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    let output = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        let output = output.expect("it starts").stdout;
        String::from_utf8(output).expect("text").trim().to_owned()
    };
    let (host, user) = (output("uname", "-n"), output("id", "-un"));
    let [control, one, other] = ports();
    format!(
        "ClusterName=test\n\
         SlurmctldHost={host}(127.0.0.1)\n\
         SlurmUser={user}\nSlurmdUser={user}\n\
         AuthType=auth/munge\nAuthInfo=socket={folder}/munge.socket\nCredType=cred/munge\n\
         SlurmctldPort={control}\n\
         SlurmctldPidFile={folder}/slurmctld.pid\nSlurmdPidFile={folder}/slurmd-%n.pid\n\
         SlurmdSpoolDir={folder}/spool-%n\nStateSaveLocation={folder}/state\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\nSwitchType=switch/none\n\
         JobAcctGatherType=jobacct_gather/none\nAccountingStorageType=accounting_storage/none\n\
         SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
         ReturnToService=2\nSlurmdParameters=config_overrides\n\
         NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={one} CPUs=2\n\
         NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={other} CPUs=2\n\
         PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP\n"
    )
}

#[test]
fn an_array_of_slurm_finds_what_one_machine_finds() {
    let lacks = ["slurmctld", "slurmd", "sbatch", "munged"]
        .into_iter()
        .find_map(missing);
    if let Some(how) = lacks {
        not_shown("an array of jobs in Slurm", &how);
        return;
    }
    let Some(plugins) = Plugins::new(29) else {
        return;
    };
    let whole = plugins.file("whole.json");
    let one_machine = plugins.check(&[
        "--strict",
        "--quiet",
        "--json",
        whole.to_str().expect("text"),
    ]);
    assert_eq!(
        one_machine.status.code(),
        Some(1),
        "{}",
        stderr(&one_machine)
    );
    let site = Site::new();
    let cluster = Cluster::start(site.folder.path().join("cluster"));
    let variables = format!("--export=ALL,PLUGINS={}", plugins.folder().display());
    let array = cluster.submit(&site, &["--parsable", &variables], "check-plugins.sbatch");
    assert!(array.status.success(), "{}", stderr(&array));
    let array = String::from_utf8(array.stdout)
        .expect("text")
        .trim()
        .to_owned();
    let after = format!("--dependency=afterany:{array}");
    let merge = cluster.submit(
        &site,
        &["--wait", &after, "--export=ALL"],
        "merge-reports.sbatch",
    );
    let logs = |prefix: &str| {
        let files = fs::read_dir(site.folder.path())
            .expect("a folder")
            .flatten();
        let mine = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
        mine.filter_map(|file| fs::read_to_string(file.path()).ok())
            .collect::<String>()
    };
    // One plugin is not conformant.
    assert_eq!(
        merge.status.code(),
        Some(1),
        "{}{}",
        stderr(&merge),
        logs("merge-")
    );
    let merged = report(&site.folder.path().join("report.json"));
    assert_eq!(merged.plugins.len(), 30, "{}", logs("check-"));
    assert_eq!(verdicts(&merged), verdicts(&report(&whole)));
    let log = cluster.logs();
    for node in ["n1", "n2"] {
        assert!(
            log.contains(&format!("NodeList={node}")),
            "{node} had nothing to do: {log}"
        );
    }
    print_line(
        "Slurm: 30 plugins in an array of 4 jobs on 2 nodes, the same verdicts as one machine",
    );
}
