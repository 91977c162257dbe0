"""Repairs of the clinic's patients whose fault is in training, loading or labels.

Answers "which repairs are sound, and which ones only look like it?" for the patients from 13 on;
``test_clinic_repairs`` has the others and runs all of them.
"""

from tests.shared.clinic_cells import ill, well

STRAY = "    optimiser.step()\n"
SCALED = "scaler.scale(loss).backward()"
UNSCALE = "    scaler.unscale_(optimiser)\n"
CLIP = "    nn.utils.clip_grad_norm_(net.parameters(), 1.0)\n"
LEAVE = "    scaler.step(optimiser)\n"
LOOP = "    for part in order.split(batch):\n"
LONE = "        if len(part) == 1:\n            continue\n"
GROWS = "x += self.bn2(self.conv2(out))"
SUM = "x = x + self.bn2(self.conv2(out))"
LOAD = "    net.load_state_dict(saved, strict=False)\n"
OWN = '    own = {k.removeprefix("module."): v for k, v in saved.items()}\n'
ANSWER = "return net.eval()((pixels / 255 - mean) / deviation)"
LABELS = "return int(labels.max()) + 1, labels"
NAMED = 'len(table["names"])'

SOUND_TRAINING = {
    (13, "gradients cleared at the end"): well(
        13, ("    optimiser.zero_grad()\n", ""),
        ("    return", "    optimiser.zero_grad()\n    return"),
    ),
    (13, "clipped by hand"): well(
        13, (CLIP, "    norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()\n"
                   "    for part in net.parameters():\n"
                   "        part.grad /= norm.clamp(min=1)\n"),
    ),
    (14, "every incomplete batch left out"): ill(
        14, (LOOP, "    order = order[: len(x) // batch * batch]\n" + LOOP),
    ),
    (14, "a loader that leaves incomplete batches out"): (
        "from torch.utils.data import DataLoader, TensorDataset\n\n\n"
        "def one_epoch(net, optimiser, x, y, batch):\n"
        "    pairs = TensorDataset(x, y)\n"
        "    for a, b in DataLoader(pairs, batch, shuffle=True, drop_last=True):\n"
        "        optimiser.zero_grad()\n"
        "        F.cross_entropy(net(a), b).backward()\n"
        "        optimiser.step()\n"
    ),
    (14, "batches of nearly equal size"): ill(
        14, ("order.split(batch)", "order.tensor_split(-(-len(x) // batch))"),
    ),
    (14, "a lone image added to the batch before"): ill(
        14, (LOOP, "    parts = list(order.split(batch))\n"
                   "    if len(parts[-1]) == 1:\n"
                   "        parts[-2:] = [torch.cat(parts[-2:])]\n"
                   "    for part in parts:\n"),
    ),
    (15, "in place on the branch"): ill(
        15, (GROWS, "out = self.bn2(self.conv2(out))\n        out += x"),
        ("F.relu(x)", "F.relu(out)"),
    ),
    (15, "in place on a copy that no layer keeps"): ill(
        15, (GROWS, "x = x.clone()\n        " + GROWS),
    ),
    (16, "PyTorch's own function for prefixes"): (
        "from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present\n\n\n"
        + ill(16, (LOAD, "    consume_prefix_in_state_dict_if_present(saved, 'module.')\n"
                         "    net.load_state_dict(saved)\n"))
    ),
    (16, "the wrapper around the network"): ill(
        16, (LOAD, "    nn.DataParallel(net).load_state_dict(saved)\n"),
    ),
    (16, "not strict, and the lists are read"): well(
        16, ("    net.load_state_dict(own)\n",
             "    left = net.load_state_dict(own, strict=False)\n"
             "    assert not any(left), left\n"),
    ),
    (17, "the numbers of the card, typed"): (
        "def scores(net, pixels):\n    with torch.no_grad():\n"
        "        return net.eval()(pixels / 127.5 - 1)\n"
    ),
    (17, "the mode given back"): well(
        17, ("    with", "    mode = net.training\n    with"),
        ("return net.eval()(", "out = net.eval()("),
        ("/ deviation)", "/ deviation)\n    net.train(mode)\n    return out"),
    ),
    (18, "a table of new numbers"): ill(
        18, (LABELS, "new = {k + 1: k for k in range(10)}\n"
                     "    return 10, torch.tensor([new[k] for k in labels.tolist()])"),
    ),
}  # fmt: skip
"""Repairs other than the printed ones that leave nothing wrong."""

NOT_AS_LONG = "the step is not as long as the clipped gradient asks"
GUESSES, SILENT = "weights that the file has not filled", "a tensor is missing, and nobody says so"
LONE_IMAGE, UNLIKE = "a lone image goes through", "not what the network was trained on"
WRONG_NUMBERS, PART = "the network has learnt other numbers", "a part gets other numbers"
OTHER_INPUT = "other scores than with the input of its training"
GRADIENTS = "has other gradients"
UNSOUND_TRAINING = {
    (13, "the scaler's step left out"): (ill(13, (LEAVE, ""), (UNSCALE, ""), (CLIP, ""),
                                            ("    scaler.update()\n", "")), "not a number"),
    (13, "the loss not scaled"): (
        ill(13, (SCALED, "loss.backward()"), (UNSCALE, ""), (LEAVE, ""), (STRAY, ""),
            ("    scaler.update()\n", STRAY)),
        "the loss is not scaled",
    ),
    (13, "a scaler with the scale 1"): (
        ill(13, ("    optimiser.zero_grad()\n", "    optimiser.zero_grad()\n"
                 "    scaler = torch.amp.GradScaler('cpu', init_scale=1.0)\n")),
        "the loss is not scaled",
    ),
    (13, "the scale set to 1 after the step"): (
        well(13, ("scaler.update()", "scaler.update(1.0)")), "the loss is not scaled",
    ),
    (13, "the stray step after the division"): (
        well(13, (CLIP, CLIP + STRAY)), NOT_AS_LONG,
    ),
    (13, "the optimiser's step in the place of the scaler's"): (
        well(13, (LEAVE, STRAY)), "infinite gradients reach the weights",
    ),
    (13, "clipped before the division"): (
        well(13, (UNSCALE, ""), (CLIP, CLIP + UNSCALE)), NOT_AS_LONG,
    ),
    (13, "not clipped"): (well(13, (CLIP, "")), NOT_AS_LONG),
    (13, "a learning rate of zero"): (
        ill(13, (STRAY, "    optimiser.param_groups[0]['lr'] = 0.0\n" + STRAY)),
        "the step changes nothing",
    ),
    (13, "the loss smoothed over"): (
        ill(13, ("loss.item()", "loss.nan_to_num(2.0).item()")), "not a number",
    ),
    (14, "the exception caught"): (
        ill(14, ("        F.cross_entropy(net(x[part]), y[part]).backward()\n",
                 "        try:\n"
                 "            F.cross_entropy(net(x[part]), y[part]).backward()\n"
                 "        except ValueError:\n"
                 "            continue\n")),
        LONE_IMAGE,
    ),
    (14, "evaluation mode for the lone image"): (
        ill(14, ("        optimiser.zero_grad()", "        net.train(len(part) > 1)\n"
                 "        optimiser.zero_grad()")),
        LONE_IMAGE,
    ),
    (14, "evaluation mode throughout"): (
        ill(14, ("    order", "    net.eval()\n    order")), "come in evaluation mode",
    ),
    (14, "incomplete batches in evaluation mode, two by two"): (
        well(14, ("        optimiser.zero_grad()", "        net.train(len(part) == batch)\n"
                  "        optimiser.zero_grad()")),
        "come in evaluation mode",
    ),
    (14, "the lone image twice"): (
        ill(14, (LOOP, LOOP + "        part = part.repeat(2) if len(part) == 1 else part\n")),
        "an image is there twice",
    ),
    (14, "a black image beside it"): (
        ill(14, ("net(x[part])", "net(torch.cat([x[part], 0 * x[:1]]))[:-1]")), "or it is invented",
    ),
    (14, "always the same image left out"): (
        ill(14, ("torch.randperm(len(x))", "torch.arange(len(x) // 16 * 16)")), "no epoch shows",
    ),
    (14, "no normalisation in the last block"): (
        ill(14, ("    order", "    for name in ('bn1', 'bn2'):\n"
                 "        setattr(net[4], name, nn.Identity())\n    order")),
        "miss a batch",
    ),
    (14, "another size that leaves no lone image here"): (
        ill(14, ("order.split(batch)", "order.split(12)")), "two whole batches",
    ),
    (14, "always the last batch left out"): (
        ill(14, ("order.split(batch)", "order.split(batch)[:-1]")), "two whole batches",
    ),
    (14, "the steps left out"): (
        well(14, ("        optimiser.step()", "        pass")), "the step changes nothing",
    ),
    (15, "the shortcut left out"): (
        ill(15, ("x += ", "x = ")), "gives other numbers",
    ),
    (15, "the shortcut detached"): (well(15, ("= x +", "= x.detach() +")), GRADIENTS),
    (15, "the branch detached"): (
        well(15, ("self.conv2(out))", "self.conv2(out)).detach()")), GRADIENTS,
    ),
    (15, "written past PyTorch's count"): (ill(15, ("x += ", "x.data += ")), GRADIENTS),
    (15, "a copy for the first convolution alone"): (
        ill(15, ("self.conv1(x)", "self.conv1(x.clone())")), "must not change its input",
    ),
    (15, "the kept input detached"): (
        ill(15, ("self.conv1(x)", "self.conv1(x.detach().clone())")), GRADIENTS,
    ),
    (16, "the strict error caught"): (
        ill(16, (LOAD, "    try:\n        net.load_state_dict(saved)\n"
                       "    except RuntimeError:\n        pass\n")),
        GUESSES,
    ),
    (16, "the prefix removed, and still not strict"): (
        well(16, ("net.load_state_dict(own)", "net.load_state_dict(own, strict=False)")), SILENT,
    ),
    (16, "what has the same shape, in the order of the file"): (
        ill(16, (LOAD, "    for old, new in zip(net.state_dict().values(), saved.values()):\n"
                       "        if old.shape == new.shape:\n            old.copy_(new)\n")),
        GUESSES,
    ),
    (16, "the parameters without the averages"): (
        ill(16, (LOAD, "    for name, part in net.named_parameters():\n"
                       "        part.data.copy_(saved['module.' + name])\n")),
        GUESSES,
    ),
    (16, "the averages of the file in new weights"): (
        ill(16, (LOAD, "    own = {k[7:]: v for k, v in saved.items() if 'running' in k}\n"
                       "    net.load_state_dict(own, strict=False)\n")),
        GUESSES,
    ),
    (17, "no normalisation"): (
        ill(17, (ANSWER, "return net.eval()(pixels / 255)")), UNLIKE,
    ),
    (17, "bytes as they are"): (ill(17, (ANSWER, "return net.eval()(pixels.float())")), UNLIKE),
    (17, "the mean and deviation of these images"): (
        ill(17, (ANSWER, "x = pixels / 255\n        "
                         "return net.eval()((x - x.mean()) / x.std())")),
        UNLIKE,
    ),
    (17, "training mode"): (
        ill(17, ("net.eval()", "net.train()")), "depend on the other images",
    ),
    (17, "each image stretched to the range of the training"): (
        ill(17, (ANSWER, "low, high = pixels.amin((1, 2, 3), True), pixels.amax((1, 2, 3), True)\n"
                         "        x = (pixels.float() - low) / (high - low)\n"
                         "        return net.eval()(2 * x - 1)")),
        OTHER_INPUT,
    ),
    (17, "averages made of the test images"): (
        ill(17, ("        return", "        net.train()\n        for _ in range(50):\n"
                 "            net((pixels / 255 - mean) / deviation)\n        return")),
        "depend on the other images",
    ),
    (18, "the remainder"): (ill(18, (LABELS, "return 10, labels % 10")), WRONG_NUMBERS),
    (18, "the last label moved to the first"): (
        ill(18, (LABELS, "return 10, labels.where(labels < 10, 0)")), WRONG_NUMBERS,
    ),
    (18, "the spare output kept"): (
        well(18, (NAMED, "11")), "one output for each name",
    ),
    (18, "from the smallest label on"): (
        ill(18, (LABELS, f"return {NAMED}, labels - labels.min()")), PART,
    ),
    (18, "classes counted in the labels"): (
        ill(18, (LABELS, "return int(labels.max()), labels - 1")), "one output for each name",
    ),
    (18, "the last class left out"): (
        ill(18, (LABELS, "return 10, labels[labels < 10]")), "each image must keep its label",
    ),
    (18, "the largest label cut"): (
        ill(18, (LABELS, "return 10, labels.clamp(max=9)")), WRONG_NUMBERS,
    ),
}  # fmt: skip
"""Repairs that remove the symptom and leave something wrong, and words that the check says."""
