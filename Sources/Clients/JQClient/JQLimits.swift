/// What expressions may cost, and what a worker keeps.
package struct JQLimits: Sendable, Equatable {
    /// Memory of a worker beyond what it has when it starts, in bytes.
    package var memoryBytes = 256 << 20
    /// Processor time of one expression, in milliseconds.
    package var timeMilliseconds = 1_000
    /// Processor time of one exchange after which its expressions are taken one by one, away from the others, in ms.
    package var patienceMilliseconds = 100
    /// Processor time that the first compiling of one program is granted besides, in milliseconds.
    package var compilingMilliseconds = 100
    /// How many times longer than the processor time a worker may take by the clock, on a machine that is busy.
    package var wallFactor = 10
    /// The longest value, in bytes.
    package var outputBytes = 1 << 20
    /// The longest exchange, in bytes: of all requests together, and of all values together.
    package var exchangeBytes = 16 << 20
    /// Compiled programs, of about 3 KB each, that a worker keeps; when there are more it begins anew.
    package var programs = 512
    /// The length of their texts together, in bytes; when it is more the worker begins anew.
    package var programBytes = 512 << 10
    /// Exchanges that may wait for a worker; more are refused.
    package var waitingExchanges = 4_096
    /// Expressions that may wait for their turn to be taken one by one; more are refused.
    package var waitingSlow = 64
    /// Programs that are remembered for having run away, and go to the slow worker at once.
    package var runaways = 256
    /// Workers for expressions that take no longer than the patience; one more takes those that do.
    package var quickWorkers = 2
    /// How long a new worker may take until it is ready, by the clock, in milliseconds.
    package var startMilliseconds = 10_000

    package init() {}

    /// The processor time after which the system ends a worker whose parent is gone, in whole seconds.
    var orphanSeconds: Int { (timeMilliseconds + compilingMilliseconds) / 1_000 + 2 }
}
