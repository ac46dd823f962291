package io.emberfs.engine;

import io.emberfs.core.BackingFile;
import io.emberfs.core.BackingStore;
import io.emberfs.core.FileVersion;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** A backing whose file times stand still: the safety that negative controls take away. */
final class FrozenVersions implements InvocationHandler {
  private final Object wrapped;

  private FrozenVersions(Object wrapped) {
    this.wrapped = wrapped;
  }

  /** The same backing with sizes that are true and times that never change. */
  static BackingStore of(BackingStore store) {
    return wrap(BackingStore.class, store);
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    try {
      return frozen(method.invoke(wrapped, unwrapped(arguments)));
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  private static <T> T wrap(Class<T> type, T wrapped) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(), new Class<?>[] {type}, new FrozenVersions(wrapped)));
  }

  private static Object[] unwrapped(Object[] arguments) {
    if (arguments == null) {
      return null;
    }
    Object[] result = arguments.clone();
    for (int i = 0; i < result.length; i++) {
      if (result[i] != null
          && Proxy.isProxyClass(result[i].getClass())
          && Proxy.getInvocationHandler(result[i]) instanceof FrozenVersions frozen) {
        result[i] = frozen.wrapped;
      }
    }
    return result;
  }

  private static Object frozen(Object result) {
    return switch (result) {
      case FileVersion version -> new FileVersion(version.identity(), version.size(), 0, 0);
      case BackingFile file -> wrap(BackingFile.class, file);
      case null, default -> result;
    };
  }
}
