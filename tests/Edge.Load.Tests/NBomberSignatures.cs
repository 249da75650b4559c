namespace NBomber.Contracts
{
    public interface IResponse
    {
    }

    public interface IScenarioContext
    {
    }

    public interface IScenarioInitContext
    {
    }

    public sealed class Response<T> : IResponse
    {
    }

    public sealed class ScenarioProps
    {
    }

    public sealed class LoadSimulation
    {
    }

    public sealed class NBomberContext
    {
    }
}

namespace NBomber.Contracts.Stats
{
    public sealed class NodeStats
    {
    }
}

namespace NBomber.CSharp
{
    using NBomber.Contracts;
    using NBomber.Contracts.Stats;

    /// <summary>
    /// What the adapter calls of NBomber, with the signatures of its published C# API and no bodies: enough to compile the
    /// adapter against, and nothing to run.
    /// </summary>
    public static class NBomberSignatures
    {
        internal static T Nothing<T>() => throw new System.NotSupportedException("Signatures only.");
    }

    public static class Response
    {
        public static Response<object> Ok() => NBomberSignatures.Nothing<Response<object>>();

        public static Response<object> Ok(string statusCode = "", int sizeBytes = 0, string message = "", double latencyMs = 0) =>
            NBomberSignatures.Nothing<Response<object>>();

        public static Response<T> Ok<T>(
            T payload, string statusCode = "", int sizeBytes = 0, string message = "", double latencyMs = 0) =>
            NBomberSignatures.Nothing<Response<T>>();

        public static Response<object> Fail(
            string statusCode = "", string message = "", int sizeBytes = 0, double latencyMs = 0) =>
            NBomberSignatures.Nothing<Response<object>>();

        public static Response<T> Fail<T>(
            T payload, string statusCode = "", string message = "", int sizeBytes = 0, double latencyMs = 0) =>
            NBomberSignatures.Nothing<Response<T>>();
    }

    public static class Scenario
    {
        public static ScenarioProps Create(
            string name, System.Func<IScenarioContext, System.Threading.Tasks.Task<IResponse>> run) =>
            NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithInit(
            this ScenarioProps scenario, System.Func<IScenarioInitContext, System.Threading.Tasks.Task> initFunc) =>
            NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithClean(
            this ScenarioProps scenario, System.Func<IScenarioInitContext, System.Threading.Tasks.Task> cleanFunc) =>
            NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithWarmUpDuration(this ScenarioProps scenario, System.TimeSpan duration) =>
            NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithoutWarmUp(this ScenarioProps scenario) => NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithMaxFailCount(this ScenarioProps scenario, int maxFailCount) =>
            NBomberSignatures.Nothing<ScenarioProps>();

        public static ScenarioProps WithLoadSimulations(this ScenarioProps scenario, params LoadSimulation[] loadSimulations) =>
            NBomberSignatures.Nothing<ScenarioProps>();
    }

    public static class Simulation
    {
        public static LoadSimulation Inject(int rate, System.TimeSpan interval, System.TimeSpan during) =>
            NBomberSignatures.Nothing<LoadSimulation>();

        public static LoadSimulation RampingInject(int rate, System.TimeSpan interval, System.TimeSpan during) =>
            NBomberSignatures.Nothing<LoadSimulation>();
    }

    public static class NBomberRunner
    {
        public static NBomberContext RegisterScenarios(params ScenarioProps[] scenarios) =>
            NBomberSignatures.Nothing<NBomberContext>();

        public static NBomberContext WithTestSuite(this NBomberContext context, string testSuite) =>
            NBomberSignatures.Nothing<NBomberContext>();

        public static NBomberContext WithTestName(this NBomberContext context, string testName) =>
            NBomberSignatures.Nothing<NBomberContext>();

        public static NBomberContext WithReportFolder(this NBomberContext context, string reportFolderPath) =>
            NBomberSignatures.Nothing<NBomberContext>();

        public static NodeStats Run(this NBomberContext context) => NBomberSignatures.Nothing<NodeStats>();

        public static NodeStats Run(this NBomberContext context, params string[] args) => NBomberSignatures.Nothing<NodeStats>();
    }
}
