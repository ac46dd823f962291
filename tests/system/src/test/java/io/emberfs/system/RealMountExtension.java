package io.emberfs.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Lends each test a {@link Rig} of its own, and each test class another one in {@code @BeforeAll};
 * closes them when the test or the class ends. A failed test carries the end of its daemons' logs.
 */
final class RealMountExtension
    implements ExecutionCondition,
        BeforeAllCallback,
        ParameterResolver,
        TestExecutionExceptionHandler {
  private static final Namespace NAMESPACE = Namespace.create(RealMountExtension.class);
  private static final int ROOT = 0;

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return isRoot()
        ? ConditionEvaluationResult.enabled("runs as root")
        : ConditionEvaluationResult.disabled(
            "needs root: other users, loop devices and power cuts are part of these tests");
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    if (!Files.exists(Path.of("/dev/fuse"))) {
      throw new AssertionError("/dev/fuse does not exist: modprobe fuse");
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Rig.class;
  }

  @Override
  public Rig resolveParameter(ParameterContext parameter, ExtensionContext context) {
    TestArea area =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(TestArea.class, _ -> openArea(), TestArea.class);
    return store(context).computeIfAbsent(context.getUniqueId(), _ -> openRig(area), Rig.class);
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    Rig rig = store(context).get(context.getUniqueId(), Rig.class);
    if (rig != null) {
      failure.addSuppressed(new AssertionError(rig.logs()));
    }
    throw failure;
  }

  private static Store store(ExtensionContext context) {
    return context.getStore(NAMESPACE);
  }

  private static TestArea openArea() {
    try {
      return TestArea.open();
    } catch (IOException cause) {
      throw new AssertionError("no place for the tests", cause);
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while clearing up", interrupt);
    }
  }

  private static Rig openRig(TestArea area) {
    try {
      return new Rig(area.newDirectory("rig"));
    } catch (IOException cause) {
      throw new AssertionError("no place for a test", cause);
    }
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(ROOT);
    } catch (IOException cause) {
      throw new AssertionError("/proc is not mounted", cause);
    }
  }
}
