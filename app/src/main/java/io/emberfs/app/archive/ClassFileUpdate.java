package io.emberfs.app.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Gives the class files of a jar the format of this Java where theirs is older than stack maps (JVM
 * specification 4.10.1, version 50). Java verifies the old format by inference, which is slow, and
 * cannot keep it in an archive of classes (JEP 483): a start would pay for both each time.
 *
 * <p>Part of the build, not of a mount. Code and data of the classes stay as they are.
 */
public final class ClassFileUpdate {
  private ClassFileUpdate() {}

  /** Updates each jar that is named. */
  public static void main(String[] jars) throws IOException {
    for (String jar : jars) {
      update(Path.of(jar));
    }
  }

  /**
   * Replaces a jar if it has old class files; a reader finds the old or the new one.
   *
   * @return classes updated
   * @throws IOException if the jar cannot be read or replaced; it is as it was then
   */
  static int update(Path jar) throws IOException {
    Path updated = Files.createTempFile(jar.toAbsolutePath().getParent(), "update", ".jar");
    try {
      int count = write(jar, updated);
      if (count > 0) {
        Files.setLastModifiedTime(updated, Files.getLastModifiedTime(jar));
        Files.setPosixFilePermissions(updated, Files.getPosixFilePermissions(jar));
        Files.move(updated, jar, StandardCopyOption.ATOMIC_MOVE);
      }
      return count;
    } finally {
      Files.deleteIfExists(updated);
    }
  }

  private static int write(Path jar, Path target) throws IOException {
    int count = 0;
    try (ZipFile in = new ZipFile(jar.toFile());
        OutputStream file = Files.newOutputStream(target);
        ZipOutputStream out = new ZipOutputStream(file);
        URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()})) {
      ClassFile format =
          ClassFile.of(
              StackMapsOption.GENERATE_STACK_MAPS,
              ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
      List<? extends ZipEntry> entries = Collections.list(in.entries());
      for (ZipEntry entry : entries) {
        out.putNextEntry(new ZipEntry(entry.getName()));
        try (InputStream content = in.getInputStream(entry)) {
          byte[] bytes = content.readAllBytes();
          if (entry.getName().endsWith(".class")) {
            ClassModel model = format.parse(bytes);
            if (model.majorVersion() < ClassFile.JAVA_6_VERSION) {
              bytes = format.transformClass(model, toThisJava());
              count++;
            }
          }
          out.write(bytes);
        }
      }
    } catch (IllegalArgumentException malformed) {
      throw new IOException(jar + " has a class file that cannot be read", malformed);
    }
    return count;
  }

  private static ClassTransform toThisJava() {
    // Passing the code through, unchanged, is what makes its stack maps.
    MethodTransform methods = MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL);
    return (builder, element) -> {
      switch (element) {
        case ClassFileVersion _ -> builder.withVersion(ClassFile.latestMajorVersion(), 0);
        case MethodModel method -> builder.transformMethod(method, methods);
        default -> builder.with(element);
      }
    };
  }
}
