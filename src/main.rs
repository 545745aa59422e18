//! `idv`: identity verification, self-hosted. Every role is a subcommand of this one program.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
