/// Every command of the program, in the order of the help.
enum CommandTable {
    static let all = [
        ServeCommand.command, MigrateCommand.command,
        StoreCommands.createTenant, StoreCommands.createProject, RetentionCommand.command, KeyCommands.create,
        KeyCommands.list, KeyCommands.rotate, KeyCommands.revoke,
        AgentCommands.apply, AgentCommands.put,
        SecretCommands.put, SecretCommands.list, SecretCommands.delete,
        UserCommands.put, UserCommands.get, UserCommands.list, UserCommands.delete,
        WebhookCommands.put, WebhookCommands.show, WebhookCommands.rotate, WebhookCommands.delete,
        WebhookCommands.deliveries, WebhookCommands.redeliver,
        SessionCommands.start, SessionCommands.list, SessionCommands.show, TailCommand.command,
        PolicyCommands.check, PolicyCommands.test, RemotePolicyCommands.put, RemotePolicyCommands.get,
        RemotePolicyCommands.versions, RemotePolicyCommands.evaluate,
        RequestCommands.list, RequestCommands.show, RequestCommands.respond,
        ReceiptCommands.show, ReceiptCommands.verify,
        AuditCommands.export, AuditCommands.head, AuditCommands.verify, AuditCommands.key,
        NodeCommands.list, ReplayCommand.command, SimulateCommand.command, VersionCommand.command,
    ]
}
