// SPDX-License-Identifier: Apache-2.0
package org.crtools.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.crtools.CrtoolsException;
import org.crtools.ExitCode;
import org.crtools.image.Image;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.model.Json;

/** Reads finished checkpoints. Needs no native code. */
public final class Checkpoints {
    private static final Pattern CORE_IMAGE = Pattern.compile("core-[0-9]+\\.img");

    private Checkpoints() {}

    /** The metadata of an image. */
    public static Image read(Path path) throws CrtoolsException {
        // What may not be looked at is neither there nor missing: the reader tells that.
        if (Files.notExists(path)) {
            throw new CrtoolsException(ExitCode.CHANGED, path + " is missing");
        }
        try {
            return ImageReader.read(path);
        } catch (ImageException failure) {
            CrtoolsException known = Failures.translate(failure);
            String message = String.valueOf(known.getMessage());
            throw new CrtoolsException(
                    known.exitCode(), message.contains(path.toString()) ? message : path + ": " + message, failure);
        }
    }

    /** Fails when a file that an image maps is missing, or has another size or build id than at the dump. */
    public static void expectMappedFiles(Path path, Image image) throws CrtoolsException {
        if (image.vmas().isPresent()) {
            MappedFileCheck.check(
                    String.valueOf(path.getFileName()), image.vmas().get().files());
        }
    }

    /** The model that a tree image carries; empty when it has none. */
    public static Map<String, Object> model(Image tree) throws CrtoolsException {
        if (tree.model().isEmpty()) {
            return Map.of();
        }
        try {
            String text = new String(tree.model().get().toBytes(), java.nio.charset.StandardCharsets.UTF_8);
            return map(Json.parse(text));
        } catch (IllegalArgumentException bad) {
            throw new CrtoolsException(ExitCode.CORRUPT, "the tree image has a damaged description", bad);
        }
    }

    /** The names of the core images that a model lists. */
    public static List<String> coreImages(Map<String, Object> model) throws CrtoolsException {
        List<String> names = list(model.get("processes")).stream()
                .map(process -> map(process).get("image"))
                .filter(Objects::nonNull)
                .map(Object::toString)
                .toList();
        if (!names.stream().allMatch(CORE_IMAGE.asMatchPredicate())) {
            throw new CrtoolsException(
                    ExitCode.CORRUPT, "the tree image has a damaged description: a name of a core image is none");
        }
        return names;
    }

    /** A JSON object; empty for anything else. */
    public static Map<String, Object> map(Object value) {
        Map<String, Object> result = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, element) -> result.put(key.toString(), element));
        }
        return result;
    }

    /** A JSON array; empty for anything else. */
    public static List<Object> list(Object value) {
        return value instanceof List<?> list ? Collections.unmodifiableList(list) : List.of();
    }
}
