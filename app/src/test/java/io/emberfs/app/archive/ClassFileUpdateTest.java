package io.emberfs.app.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ClassFileUpdateTest {
  @TempDir private Path folder;

  /** Loads every class anew, so that Java verifies each by its new stack maps. */
  @Test
  void oldClassesAreOfThisJavaAndVerify() throws Exception {
    Path jar = copyOfPicocli();

    assertThat(ClassFileUpdate.update(jar)).isGreaterThan(100);
    try (ZipFile updated = new ZipFile(jar.toFile());
        URLClassLoader loader =
            new URLClassLoader(
                new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
      for (ZipEntry entry : Collections.list(updated.entries())) {
        String name = entry.getName();
        if (name.startsWith("picocli/CommandLine") && name.endsWith(".class")) {
          assertThat(version(updated, entry)).as(name).isEqualTo(ClassFile.latestMajorVersion());
          String type = name.substring(0, name.length() - ".class".length()).replace('/', '.');
          assertThat(Class.forName(type, true, loader)).isNotNull();
        }
      }
    }
  }

  @Test
  void whatIsNoOldClassStaysAsItIs() throws Exception {
    Path jar = copyOfPicocli();
    ClassFileUpdate.update(jar);
    try (ZipFile before = new ZipFile(picocli().toFile());
        ZipFile after = new ZipFile(jar.toFile())) {
      assertThat(after.stream().map(ZipEntry::getName))
          .containsExactlyElementsOf(before.stream().map(ZipEntry::getName).toList());
      ZipEntry text = before.getEntry("META-INF/MANIFEST.MF");
      assertThat(bytes(after, after.getEntry(text.getName()))).isEqualTo(bytes(before, text));
    }
    assertThat(Files.getLastModifiedTime(jar).toMillis())
        .isEqualTo(Files.getLastModifiedTime(picocli()).toMillis());
  }

  @Test
  void aSecondUpdateFindsNothingToDo() throws Exception {
    Path jar = copyOfPicocli();
    ClassFileUpdate.update(jar);
    byte[] once = Files.readAllBytes(jar);

    assertThat(ClassFileUpdate.update(jar)).isZero();
    assertThat(Files.readAllBytes(jar)).isEqualTo(once);
    assertThat(folder).isDirectoryNotContaining(file -> !file.equals(jar));
  }

  @Test
  void aJarWithADamagedClassStaysAsItWas() throws Exception {
    Path jar = folder.resolve("damaged.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.putNextEntry(new ZipEntry("A.class"));
      out.write("no class".getBytes(StandardCharsets.UTF_8));
    }
    byte[] before = Files.readAllBytes(jar);

    assertThatThrownBy(() -> ClassFileUpdate.update(jar))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged.jar");
    assertThat(Files.readAllBytes(jar)).isEqualTo(before);
    assertThat(folder).isDirectoryNotContaining(file -> !file.equals(jar));
  }

  private Path copyOfPicocli() throws Exception {
    Path jar = folder.resolve("picocli.jar");
    Files.copy(picocli(), jar);
    Files.setLastModifiedTime(jar, Files.getLastModifiedTime(picocli()));
    return jar;
  }

  private static Path picocli() throws Exception {
    URI source = CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI();
    return Path.of(source);
  }

  private static int version(ZipFile jar, ZipEntry entry) throws IOException {
    ClassModel model = ClassFile.of().parse(bytes(jar, entry));
    return model.majorVersion();
  }

  private static byte[] bytes(ZipFile jar, ZipEntry entry) throws IOException {
    try (InputStream content = jar.getInputStream(entry)) {
      return content.readAllBytes();
    }
  }
}
