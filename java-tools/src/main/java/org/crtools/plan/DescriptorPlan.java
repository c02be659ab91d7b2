// SPDX-License-Identifier: Apache-2.0
package org.crtools.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.crtools.model.Checkpoint;
import org.crtools.model.Descriptor;
import org.crtools.model.LiveProcess;
import org.crtools.model.SharedMapping;

/**
 * Which process opens what: the nearest one that all users descend from, so that they inherit it. What more than one
 * process uses is opened before any fork, the rest after.
 */
final class DescriptorPlan {
    /** What a process opens. */
    static final class Share {
        private final List<Integer> objects = new ArrayList<>();
        private final List<Integer> descriptions = new ArrayList<>();

        List<Integer> objects() {
            return objects;
        }

        List<Integer> descriptions() {
            return descriptions;
        }
    }

    /** The descriptor that a mapping of a core image takes its object from. */
    record MappingDescriptor(int object, boolean writable, int number) {}

    private final Checkpoint checkpoint;
    private final Map<Node, Share> beforeForks = new IdentityHashMap<>();
    private final Map<Node, Share> afterForks = new IdentityHashMap<>();
    private final int[] objectNumbers;
    private final int[] descriptionNumbers;
    private final Map<Node, List<MappingDescriptor>> mappings = new IdentityHashMap<>();

    DescriptorPlan(Checkpoint checkpoint, Node root, Numbers numbers) {
        this.checkpoint = checkpoint;
        objectNumbers = new int[checkpoint.objects().size()];
        descriptionNumbers = new int[checkpoint.descriptions().size()];
        assign(root);
        number(root, numbers.firstTemporary());
    }

    Share beforeForks(Node node) {
        return beforeForks.getOrDefault(node, new Share());
    }

    Share afterForks(Node node) {
        return afterForks.getOrDefault(node, new Share());
    }

    /** The first temporary descriptor of an object. */
    int objectNumber(int object) {
        return objectNumbers[object];
    }

    /** The temporary descriptor of a description. */
    int descriptionNumber(int description) {
        return descriptionNumbers[description];
    }

    /** The descriptors that the mappings of a process are made from. */
    List<MappingDescriptor> mappings(Node node) {
        return mappings.getOrDefault(node, List.of());
    }

    /** By address: the descriptor for each shared mapping of a process. */
    Map<Long, Integer> mappingNumbers(Node node) {
        Map<Long, Integer> result = new TreeMap<>();
        for (SharedMapping mapping :
                node.live().map(LiveProcess::sharedMappings).orElse(List.of())) {
            for (MappingDescriptor descriptor : mappings(node)) {
                if (descriptor.object() == mapping.object() && descriptor.writable() == mapping.writable()) {
                    result.put(mapping.start(), descriptor.number());
                }
            }
        }
        return result;
    }

    private void assign(Node root) {
        Map<Integer, List<Node>> usersOfDescription = new TreeMap<>();
        Map<Integer, List<Node>> usersOfObject = new TreeMap<>();
        for (Node node : root.all()) {
            if (node.live().isEmpty()) {
                continue;
            }
            for (Descriptor descriptor : node.live().get().descriptors()) {
                add(usersOfDescription, descriptor.description(), node);
                OptionalInt object = checkpoint
                        .descriptions()
                        .get(descriptor.description())
                        .resource()
                        .object();
                object.ifPresent(index -> add(usersOfObject, index, node));
            }
            for (SharedMapping mapping : node.live().get().sharedMappings()) {
                add(usersOfObject, mapping.object(), node);
            }
        }
        usersOfObject.forEach((object, users) -> share(users).objects().add(object));
        usersOfDescription.forEach(
                (description, users) -> share(users).descriptions().add(description));
    }

    private static void add(Map<Integer, List<Node>> users, int index, Node node) {
        List<Node> list = users.computeIfAbsent(index, none -> new ArrayList<>());
        if (!list.contains(node)) {
            list.add(node);
        }
    }

    private Share share(List<Node> users) {
        return users.size() == 1
                ? afterForks.computeIfAbsent(users.get(0), none -> new Share())
                : beforeForks.computeIfAbsent(commonAncestor(users), none -> new Share());
    }

    private static Node commonAncestor(List<Node> nodes) {
        Node common = nodes.get(0);
        for (Node node : nodes) {
            while (!node.isBelow(common)) {
                common = common.forkedBy().orElseThrow();
            }
        }
        return common;
    }

    private void number(Node node, int first) {
        int next = numberShare(beforeForks(node), first);
        for (Node child : node.early()) {
            number(child, next);
        }
        for (Node child : node.late()) {
            number(child, next);
        }
        numberMappings(node, numberShare(afterForks(node), next));
    }

    private int numberShare(Share share, int first) {
        int next = first;
        for (int object : share.objects()) {
            objectNumbers[object] = next;
            next += checkpoint.objects().get(object).width();
        }
        for (int description : share.descriptions()) {
            descriptionNumbers[description] = next;
            next++;
        }
        return next;
    }

    private void numberMappings(Node node, int first) {
        int next = first;
        Map<Integer, Integer> readOnly = new HashMap<>();
        List<MappingDescriptor> result = new ArrayList<>();
        for (SharedMapping mapping :
                node.live().map(LiveProcess::sharedMappings).orElse(List.of())) {
            int number = objectNumbers[mapping.object()];
            if (!mapping.writable()) {
                Integer known = readOnly.putIfAbsent(mapping.object(), next);
                number = known == null ? next++ : known;
            }
            MappingDescriptor descriptor = new MappingDescriptor(mapping.object(), mapping.writable(), number);
            if (!result.contains(descriptor)) {
                result.add(descriptor);
            }
        }
        mappings.put(node, Collections.unmodifiableList(result));
    }
}
