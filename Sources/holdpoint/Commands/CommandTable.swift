/// Every command of the program, in the order of the help.
enum CommandTable {
    static let all = [
        ServeCommand.command, MigrateCommand.command,
        StoreCommands.createTenant, StoreCommands.createProject, RetentionCommand.command, KeyCommands.create,
        KeyCommands.list, KeyCommands.rotate, KeyCommands.revoke,
        AgentCommands.apply, AgentCommands.put,
        SecretCommands.put, SecretCommands.list, SecretCommands.delete,
        SessionCommands.start, SessionCommands.list, SessionCommands.show, TailCommand.command,
        PolicyCommands.check, PolicyCommands.test,
        RequestCommands.list, RequestCommands.show, RequestCommands.respond,
        NodeCommands.list, ReplayCommand.command, SimulateCommand.command, VersionCommand.command,
    ]
}
